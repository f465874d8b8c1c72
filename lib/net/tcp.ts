/**
 * Listening and dialling over TCP: with link.ts, the only place that touches sockets.
 *
 * @module
 */

/** Host and port, as people write them. */
export interface Address {
  /** A name or an IP address; IPv6 without brackets. */
  readonly hostname: string;
  /** 0 to 65535; 0 only for listening on any free port. */
  readonly port: number;
}

/** The port that Parley uses where none is given. */
export const defaultPort = 7667;

/** Nobody can listen at an address; `cause` is the system's reason. */
export class ListenError extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "ListenError";

  /**
   * Names the address, which the system's own message does not.
   *
   * @param address where nobody can listen
   * @param cause what `Deno.listen` threw
   */
  constructor(readonly address: Address, override readonly cause: Error) {
    super(`can't listen on ${formatAddress(address)}: ${cause.message}`);
  }
}

/**
 * Reads `host:port`, `host`, `port`, `[v6]:port` or `:port`.
 *
 * A number by itself is a port: no host has such a name, and some systems would take it for an
 * IPv4 address.
 *
 * @param text what was typed
 * @param hostname the host where none is given
 * @returns the address, or null when it is none
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAddress } from "./tcp.ts";
 * assertEquals(parseAddress("[::1]:80", "x"), { hostname: "::1", port: 80 });
 * assertEquals(parseAddress("chat.example", "x"), { hostname: "chat.example", port: 7667 });
 * assertEquals(parseAddress("80", "x"), { hostname: "x", port: 80 });
 * assertEquals(parseAddress("a:b", "x"), null);
 * ```
 * @see RFC 3986, section 3.2.2
 */
export function parseAddress(text: string, hostname: string): Address | null {
  const whole = /^\d+$/.test(text) ? `:${text}` : text;
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:\/\[\]]*))(?::(\d{1,5}))?$/.exec(whole);
  if (!match || text === "") return null;
  const port = match[3] === undefined ? defaultPort : Number(match[3]);
  if (port > 65535) return null;
  return { hostname: match[1] ?? (match[2] || hostname), port };
}

/**
 * Writes an address as people do.
 *
 * @param address host and port
 * @returns `host:port`, with brackets around IPv6
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatAddress } from "./tcp.ts";
 * assertEquals(formatAddress({ hostname: "::1", port: 80 }), "[::1]:80");
 * ```
 * @see RFC 3986, section 3.2.2
 */
export function formatAddress({ hostname, port }: Address): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** A listening server. */
export interface Listening {
  /** Where it listens; the port is the real one where 0 was asked for. */
  readonly address: Address;
  /** Stops accepting; connections stay. */
  close(): void;
}

/**
 * Listens and hands over each connection.
 *
 * @param address where; port 0 for any free one
 * @param accept is given each connection and its remote address; owns the connection. The next one
 * is taken when it is done
 * @param failed is told of an accept that failed, such as for want of file descriptors
 * @returns the listening server
 * @throws {ListenError} when nobody can listen there: the port is taken, the address is not here
 * @example
 * ```ts ignore
 * const listening = listen({ hostname: "127.0.0.1", port: 0 }, (conn) => conn.close(), () => {});
 * listening.close();
 * ```
 * @see Deno.listen
 */
export function listen(
  address: Address,
  accept: (socket: Deno.TcpConn, remote: string) => Promise<void> | void,
  failed: (error: Error) => void,
): Listening {
  const listener = openListener(address);
  let open = true;
  void (async () => {
    while (open) {
      try {
        const socket = await listener.accept();
        socket.setNoDelay(true);
        await accept(socket, socket.remoteAddr.hostname);
      } catch (error) {
        if (!open) return;
        failed(error as Error);
        // Out of descriptors, or reset before it was taken: a pause lets others end first.
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  })();
  return {
    address: { hostname: listener.addr.hostname, port: listener.addr.port },
    close: () => {
      open = false;
      listener.close();
    },
  };
}

function openListener(address: Address): Deno.TcpListener {
  try {
    return Deno.listen({ ...address, transport: "tcp" });
  } catch (error) {
    throw new ListenError(address, error as Error);
  }
}

/**
 * Connects to a server.
 *
 * @param address where
 * @param signal gives up waiting
 * @returns the open connection, owned by the caller
 * @throws what `Deno.connect` throws when nobody answers, or the signal's reason
 * @example
 * ```ts ignore
 * const socket = await dial({ hostname: "127.0.0.1", port: 7667 }, AbortSignal.timeout(5000));
 * ```
 * @see Deno.connect
 */
export async function dial(address: Address, signal: AbortSignal): Promise<Deno.TcpConn> {
  signal.throwIfAborted();
  const connecting = Deno.connect({ ...address, transport: "tcp" });
  const given = Promise.withResolvers<never>();
  const giveUp = () => given.reject(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    const socket = await Promise.race([connecting, given.promise]);
    socket.setNoDelay(true);
    return socket;
  } catch (error) {
    connecting.then((late) => late.close()).catch(() => {});
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
