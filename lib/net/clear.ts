/**
 * Clear text: where it is allowed, and dialling for it.
 *
 * @module
 */

import type { Socket } from "./link.ts";
import { type Address, dial } from "./tcp.ts";

/** Whether clear text was asked for: not at all, for this machine alone, or wherever it goes. */
export type ClearText = "no" | "loopback" | "anywhere";

/**
 * Tells whether an address is this machine's own, which nothing leaves.
 *
 * @param address a name is not looked up: only `localhost` is one
 * @returns whether what goes there stays on this machine
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { isLoopback } from "./clear.ts";
 * assertEquals(isLoopback({ hostname: "127.0.0.1", port: 1 }), true);
 * assertEquals(isLoopback({ hostname: "::", port: 1 }), false);
 * ```
 * @see RFC 6761, section 6.3
 */
export function isLoopback({ hostname }: Address): boolean {
  return /^(localhost|::1|127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i.test(hostname);
}

/**
 * Tells whether clear text was asked for and may not be had.
 *
 * @param clear what was asked for
 * @param address where it would go
 * @returns whether to refuse
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { isTooOpen } from "./clear.ts";
 * assertEquals(isTooOpen("loopback", { hostname: "0.0.0.0", port: 1 }), true);
 * assertEquals(isTooOpen("anywhere", { hostname: "0.0.0.0", port: 1 }), false);
 * ```
 */
export function isTooOpen(clear: ClearText, address: Address): boolean {
  return clear === "loopback" && !isLoopback(address);
}

/**
 * Reads the value of `--plaintext`.
 *
 * @param value what stands behind `=`
 * @returns what was asked for; null when it is neither
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseClearText } from "./clear.ts";
 * assertEquals(parseClearText("anywhere"), "anywhere");
 * assertEquals(parseClearText("yes"), null);
 * ```
 */
export function parseClearText(value: string): ClearText | null {
  return value === "loopback" || value === "anywhere" ? value : null;
}

/**
 * Lets `--plaintext` stand by itself: what follows it is another argument and not its value, unless
 * it is one.
 *
 * @param args a command line
 * @returns the same with `--plaintext=loopback` or `--plaintext=anywhere` instead
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { spellOut } from "./clear.ts";
 * assertEquals(spellOut(["--plaintext", "send"]), ["--plaintext=loopback", "send"]);
 * assertEquals(spellOut(["send", "--", "--plaintext"]), ["send", "--", "--plaintext"]);
 * ```
 */
export function spellOut(args: readonly string[]): string[] {
  const at = args.indexOf("--plaintext");
  const end = args.indexOf("--");
  if (at < 0 || (end >= 0 && end < at)) return [...args];
  const isFollowed = args[at + 1] === "anywhere";
  const rest = args.slice(at + (isFollowed ? 2 : 1));
  return [...args.slice(0, at), `--plaintext=${isFollowed ? "anywhere" : "loopback"}`, ...rest];
}

/** A connection in clear text that notices when TLS comes. */
class ClearSocket implements Socket {
  readonly #socket: Deno.TcpConn;
  #begun = false;
  #metTls = false;

  constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
  }

  get metTls(): boolean {
    return this.#metTls;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    const count = await this.#socket.read(buffer);
    // A TLS alert: 21, and 3 for the version. As a frame's length it would be far too long.
    if (!this.#begun) this.#metTls = buffer[0] === 21 && buffer[1] === 3;
    this.#begun = true;
    return count;
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#socket.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#socket.closeWrite();
  }

  close(): void {
    this.#socket.close();
  }
}

/**
 * Connects to a server in clear text.
 *
 * @param address where
 * @param signal gives up waiting
 * @returns the open connection, owned by the caller
 * @throws what `Deno.connect` throws when nobody answers
 * @example
 * ```ts ignore
 * const socket = await dialClear({ hostname: "127.0.0.1", port: 7667 }, AbortSignal.timeout(5000));
 * ```
 * @see docs/adr/0008-tls.md
 */
export async function dialClear(address: Address, signal: AbortSignal): Promise<Socket> {
  return new ClearSocket(await dial(address, signal));
}
