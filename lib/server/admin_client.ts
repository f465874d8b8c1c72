/**
 * The operator's side of the socket: asks a running server.
 *
 * @module
 */

import { limits } from "../limits.ts";
import { dialUnix, hasUnixSockets } from "../net/unix.ts";
import { type AdminLine, type AdminQuestion, readLines, writeLine } from "./admin_lines.ts";
import { adminPath } from "./data_folder.ts";

/** No server could be asked, or it gave no answer; the message says which one was tried. */
export class AdminError extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "AdminError";
}

/**
 * Asks the server that runs on a data folder.
 *
 * @param folder its data folder
 * @param question what is asked
 * @returns the whole answer, owned by the caller
 * @throws {AdminError} when no server runs there, or it gave no whole answer
 * @example
 * ```ts ignore
 * const lines = await askServer("parley-data", { ask: "trace", lsn: 7 });
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export async function askServer(folder: string, question: AdminQuestion): Promise<AdminLine[]> {
  if (!hasUnixSockets) throw new AdminError("this is not available on Windows");
  const path = adminPath(folder);
  const socket = await dialUnix(path).catch((error: Error) => {
    throw new AdminError(`no server answers at ${path}: ${whyNot(error)}`);
  });
  const timer = setTimeout(() => socket.close(), limits.adminMs);
  const lines: AdminLine[] = [];
  try {
    await writeLine(socket, question);
    for await (const line of readLines(socket)) {
      lines.push(line as AdminLine);
      if ("end" in lines.at(-1)!) {
        socket.close();
        return lines;
      }
      if ("error" in lines.at(-1)!) {
        throw new AdminError((line as { error: string }).error);
      }
    }
  } catch (error) {
    if (error instanceof AdminError) throw error;
    throw new AdminError(`the server at ${path} broke off: ${(error as Error).message}`);
  } finally {
    clearTimeout(timer);
  }
  throw new AdminError(`the server at ${path} broke off before the end of its answer`);
}

function whyNot(error: Error): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such socket";
  if (error instanceof Deno.errors.ConnectionRefused) return "parleyd is not running";
  if (error instanceof Deno.errors.PermissionDenied) return "it is another user's";
  return error.message;
}

const units: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Reads a length of time as people write it.
 *
 * @param text a whole number and one of s, m, h and d, such as `90s` or `1h`
 * @returns milliseconds; null for anything else
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAge } from "./admin_client.ts";
 * assertEquals([parseAge("90s"), parseAge("2d"), parseAge("1 h")], [90_000, 172_800_000, null]);
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export function parseAge(text: string): number | null {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  return match ? Number(match[1]) * units[match[2]!]! : null;
}
