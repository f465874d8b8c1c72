/**
 * What goes over the operator's socket: one JSON object a line, each way.
 *
 * @module
 */

import { limits } from "../limits.ts";
import type { AuditLine } from "../log/audit.ts";
import type { Trace, TracedDevice, TracedUser, Undelivered } from "../log/receipts.ts";
import type { Socket } from "../net/link.ts";
import type { InviteAsk, RecoverAsk } from "./invites.ts";

/** What the operator may ask. */
export type AdminQuestion =
  | { readonly ask: "trace"; readonly lsn: number }
  | { readonly ask: "undelivered"; readonly olderMs: number }
  /** Entries of the last `sinceMs` milliseconds; 0: of all the time. */
  | { readonly ask: "audit"; readonly sinceMs: number }
  | { readonly ask: "invite" } & InviteAsk
  | { readonly ask: "recover" } & RecoverAsk;

/** A durable invite: the only line of all that holds a secret. */
export interface AdminInvite {
  /** Its id: the lsn of its entry. */
  readonly lsn: number;
  /** Where the server says that it is reached. */
  readonly hostname: string;
  /** On which port. */
  readonly port: number;
  /** The fingerprint of the server's identity key; 64 hex digits. */
  readonly fingerprint: string;
  /** The token, 32 hex digits. */
  readonly token: string;
}

/** An entry's way, without its recipients: those have lines of their own. */
export type TraceHead = Omit<Trace, "recipients" | "more">;

/** A recipient's device, and whether it is connected now. */
export type AdminDevice = TracedDevice & {
  /** Whether the device is connected now. */
  readonly connected: boolean;
};

/** One line of a recipient. */
export type AdminRecipient = Omit<TracedUser, "devices"> & {
  /** All devices of the user. */
  readonly devices: readonly AdminDevice[];
};

/** One line of an answer; the last has `end`, and one that has not come is not whole. */
export type AdminLine =
  | { readonly trace: TraceHead }
  | { readonly recipient: AdminRecipient }
  | { readonly undelivered: Undelivered }
  | { readonly audit: AuditLine }
  | { readonly invite: AdminInvite }
  | { readonly error: string }
  | { readonly end: { readonly more: number; readonly whole: boolean } };

/**
 * Writes a line.
 *
 * @param socket an open connection
 * @param line any object without cycles
 * @throws when the other side is gone
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { Socket } from "../net/link.ts";
 * import { writeLine } from "./admin_lines.ts";
 * let text = "";
 * const write = (bytes: Uint8Array) => {
 *   text += new TextDecoder().decode(bytes);
 *   return Promise.resolve(bytes.length);
 * };
 * await writeLine({ write } as unknown as Socket, { lsn: 1 });
 * assertEquals(text, '{"lsn":1}\n');
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export async function writeLine(socket: Socket, line: unknown): Promise<void> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length;) at += await socket.write(bytes.subarray(at));
}

/**
 * Reads lines until the end of the stream.
 *
 * @param socket an open connection
 * @returns each line's value, in order
 * @throws {RangeError} for a line of more than `adminLineBytesMax`
 * @throws {SyntaxError} for a line that is no JSON
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { Socket } from "../net/link.ts";
 * import { readLines } from "./admin_lines.ts";
 * const chunks = ["[1]\n[", "2]\n"].map((text) => new TextEncoder().encode(text));
 * const read = (buffer: Uint8Array) => {
 *   const chunk = chunks.shift();
 *   if (chunk) buffer.set(chunk);
 *   return Promise.resolve(chunk?.length ?? null);
 * };
 * assertEquals(await Array.fromAsync(readLines({ read } as unknown as Socket)), [[1], [2]]);
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export async function* readLines(socket: Socket): AsyncGenerator<unknown> {
  const buffer = new Uint8Array(4 * 1024);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  for (;;) {
    const count = await socket.read(buffer);
    if (count === null) return;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
    const lines = text.split("\n");
    text = lines.pop()!;
    if (text.length > limits.adminLineBytesMax) throw new RangeError("the line is too long");
    for (const line of lines) yield JSON.parse(line);
  }
}

/**
 * Writes a line for programs, with nothing in it that acts on a terminal.
 *
 * @param line any object without cycles
 * @returns JSON in ASCII
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { safeJson } from "./admin_lines.ts";
 * assertEquals(safeJson({ error: "\u202e" }), '{"error":"\\u202e"}');
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export function safeJson(line: AdminLine): string {
  const escape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(line).replace(/[^\x20-\x7e]/g, escape);
}
