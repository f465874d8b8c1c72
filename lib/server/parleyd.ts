/**
 * The server put together: data folder, log, hub, sockets.
 *
 * @module
 */

import { Hub } from "../hub/hub.ts";
import { Presence } from "../hub/presence.ts";
import { RunJoiner } from "../hub/runs.ts";
import { codes } from "../errors.ts";
import { fingerprint } from "../identity/keys.ts";
import { readOrMakeKey } from "../identity/key_file.ts";
import { limits } from "../limits.ts";
import { LogWriter } from "../log/writer.ts";
import { type Address, listen, type Listening } from "../net/tcp.ts";
import { systemClock, systemRandom, systemTimers } from "../seams.ts";
import { WorkerLog } from "../store/worker_log.ts";
import { Appender } from "./appender.ts";
import { Connection, type ConnectionContext } from "./connection.ts";
import { openDataFolder } from "./data_folder.ts";
import type { Journal } from "./journal.ts";
import { Turn } from "./turn.ts";

/** How a server is started. */
export interface ServerOptions {
  readonly listen: Address;
  /** The data folder; made if it is missing. */
  readonly data: string;
  readonly journal: Journal;
  /** The log can't go on; the server has said so in the journal and is no longer of use. */
  readonly failed: (error: Error) => void;
}

/** A running server. */
export interface RunningServer {
  readonly address: Address;
  /** The identity key's fingerprint, 64 hex digits. */
  readonly fingerprint: string;
  /** Stops accepting, tells the clients, lets commits end, closes. */
  stop(): Promise<void>;
}

/**
 * Starts a server.
 *
 * @param options where to listen, and on which data
 * @returns the running server; it is listening
 * @throws {DataFolderBusy} when another server runs on the same data
 * @throws {Deno.errors.AddrInUse} when the port is taken
 * @example
 * ```ts ignore
 * const server = await startServer({
 *   listen: { hostname: "127.0.0.1", port: 0 }, data: "data", journal: () => {}, failed: () => {},
 * });
 * await server.stop();
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { journal } = options;
  const folder = openDataFolder(options.data);
  const identity = await readOrMakeKey(folder.keyPath, systemRandom);
  const log = await WorkerLog.open(folder.databasePath);
  const hub = new Hub(log.head, await log.memberships(), limits);
  const connections = new Set<Connection>();
  const joiner = new RunJoiner();
  let failedOnce = false;
  const failed = (error: Error) => {
    if (failedOnce) return;
    failedOnce = true;
    journal("failure", { reason: error.message });
    options.failed(error);
  };
  const writer = new LogWriter(systemClock, systemRandom, limits, log.head.timeMs);
  const appender = new Appender(writer, log, hub, failed);
  const presence = new Presence(hub);
  const context: ConnectionContext = {
    session: {
      hub,
      presence,
      joiner,
      random: systemRandom,
      serverKey: identity.publicKey,
      logId: log.head.logId,
      wallMs: systemClock.wallMs,
    },
    identity,
    reader: log,
    appender,
    turn: new Turn(() => joiner.forget()),
    seams: { clock: systemClock, timers: systemTimers },
    journal,
    failed,
    gone: (connection) => connections.delete(connection),
  };
  const accept = (socket: Deno.TcpConn, remote: string) => {
    const connection = new Connection(socket, remote, context);
    connections.add(connection);
    connection.start();
    if (connections.size > limits.connectionsMax) {
      connection.session.fail(codes.full, `${limits.connectionsMax} connections`);
    }
  };
  const listening = listen(options.listen, accept, (error) => {
    journal("acceptFailed", { reason: error.message });
  });
  const endTicks = startTicks(hub, presence, connections);
  return {
    address: listening.address,
    fingerprint: fingerprint(identity.publicKey),
    stop: async () => {
      endTicks();
      await stopServer(listening, connections, appender);
      await log.close();
      folder.release();
    },
  };
}

function startTicks(hub: Hub, presence: Presence, connections: ReadonlySet<Connection>) {
  let ticks = 0;
  const timer = setInterval(() => {
    ticks++;
    hub.tellUpto(ticks % limits.quietUptoTicks === 0);
    presence.tick();
    for (const connection of connections) connection.tick();
  }, limits.tickMs);
  return () => clearInterval(timer);
}

async function stopServer(
  listening: Listening,
  connections: ReadonlySet<Connection>,
  appender: Appender,
): Promise<void> {
  listening.close();
  // What is being committed is still answered: its senders need not ask again.
  await appender.drained();
  for (const connection of connections) connection.session.fail(codes.shutdown, "");
  const deadlineMs = systemClock.monotonicMs() + 2 * limits.lingerMs;
  while (connections.size > 0 && systemClock.monotonicMs() < deadlineMs) {
    await new Promise<void>((resolve) => systemTimers.set(20, resolve));
  }
}
