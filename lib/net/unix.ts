/**
 * A socket in a folder, for whoever may open files there: how the operator reaches a server.
 *
 * @module
 */

import type { Socket } from "./link.ts";

/** Whether this system has such sockets. */
export const hasUnixSockets: boolean = Deno.build.os !== "windows";

/**
 * Listens at a path that its owner alone can open. One that an ended process left is replaced.
 *
 * It is made in a folder of its own, closed to others, and moved to its place with the right mode:
 * there is no moment at which somebody else could connect.
 *
 * @param path where; its folder exists, and nobody else listens there
 * @param accept is given each connection, and owns it
 * @param failed is told of an accept that failed
 * @returns how to stop listening; the file stays, since who gave up its permissions can't remove it
 * @throws what the system throws, such as for a path of more than some 100 bytes
 * @example
 * ```ts ignore
 * const close = listenUnix("data/admin.sock", (socket) => socket.close(), () => {});
 * close();
 * ```
 * @see Deno.listen
 */
export function listenUnix(
  path: string,
  accept: (socket: Socket) => void,
  failed: (error: Error) => void,
): () => void {
  const folder = `${path}.new`;
  removeIfThere(folder);
  Deno.mkdirSync(folder, { mode: 0o700 });
  const listener = listenIn(folder, path);
  let open = true;
  void (async () => {
    while (open) {
      try {
        accept(await listener.accept());
      } catch (error) {
        if (!open) return;
        failed(error as Error);
        // Out of descriptors: a pause lets others end first.
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  })();
  return () => {
    open = false;
    listener.close();
  };
}

/**
 * Connects to a socket in a folder.
 *
 * @param path where
 * @returns the open connection, owned by the caller
 * @throws {Deno.errors.NotFound} when it was never there
 * @throws {Deno.errors.ConnectionRefused} when nobody listens any more
 * @example
 * ```ts ignore
 * const socket = await dialUnix("data/admin.sock");
 * ```
 * @see Deno.connect
 */
export async function dialUnix(path: string): Promise<Socket> {
  return await Deno.connect({ transport: "unix", path });
}

function listenIn(folder: string, path: string): Deno.UnixListener {
  let listener: Deno.UnixListener | null = null;
  try {
    listener = Deno.listen({ transport: "unix", path: `${folder}/s` });
    Deno.chmodSync(`${folder}/s`, 0o600);
    Deno.renameSync(`${folder}/s`, path);
    return listener;
  } catch (error) {
    listener?.close();
    throw error;
  } finally {
    removeIfThere(folder);
  }
}

function removeIfThere(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
