/**
 * What a world is made of, for those that act on it and look at it.
 *
 * @module
 */

import type { Checks } from "./checks.ts";
import type { SimClient } from "./client.ts";
import type { EventQueue, Process, Trace } from "./clock.ts";
import type { DiskCopy } from "./disk.ts";
import type { Wire } from "./network.ts";
import type { SimServer } from "./server.ts";

/** How often things happened that a simulation must meet to be worth anything. */
export type Happened = Map<string, number>;

/** Counts something that happened. */
export function count(happened: Happened, what: string): void {
  happened.set(what, (happened.get(what) ?? 0) + 1);
}

/** A connection that was made, and the programs at its ends. */
export interface Line {
  readonly wire: Wire;
  readonly client: Process;
  readonly server: Process;
}

/** An entry as it is on the server's disk. */
export interface LogRow {
  readonly header: Uint8Array;
  readonly salt: Uint8Array;
  readonly body: Uint8Array;
  readonly digest: Uint8Array;
}

/** A world's parts, and what can be done to it from outside. */
export interface WorldParts {
  readonly queue: EventQueue;
  readonly trace: Trace;
  readonly checks: Checks;
  readonly clients: readonly SimClient[];
  readonly server: SimServer;
  readonly lines: readonly Line[];
  readonly happened: Happened;
  /** The head before anybody did anything. */
  readonly firstHead: number;
  /** A machine that is off, and not only a program that has ended: it does not even refuse. */
  isOff: boolean;
  /** The log as it is on the server's disk. */
  log(): LogRow[];
  /** Starts the server, unless it runs. */
  startServer(): void;
  /** Puts an older copy of the server's disk in its place while it is down. */
  restoreServer(lsn: number, restore: (lsn: number) => void): void;
  /** Starts a client that is not running. */
  start(client: SimClient): void;
  /** Ends a client; it finds `copy` when it starts again, or what it had where that is null. */
  kill(client: SimClient, copy: DiskCopy | null, isHeard: boolean): void;
}
