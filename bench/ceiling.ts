/**
 * A server that does nothing but hand what comes to all who are in the same group: no protocol, no
 * store, no promise. What it costs is the least that any server on `Deno.listen` costs here.
 * Started by the bench: `deno run --allow-net bench/ceiling.ts [connections in a group, 0: all]`.
 */

import { concat } from "@std/bytes/concat";

const together = Number(Deno.args[0] ?? 0);
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log((listener.addr as Deno.NetAddr).port);

class Peer {
  #waiting: Uint8Array[] = [];
  #writing = false;

  constructor(readonly connection: Deno.TcpConn) {}

  give(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    if (!this.#writing) void this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const bytes = this.#waiting.length === 1 ? this.#waiting[0]! : concat(this.#waiting);
      this.#waiting = [];
      for (let at = 0; at < bytes.length;) at += await this.connection.write(bytes.subarray(at));
    }
    this.#writing = false;
  }
}

/** What comes goes on as it came: one connection of a group sends, so that no two frames mix. */
async function serve(peer: Peer, group: readonly Peer[]): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const count = await peer.connection.read(buffer);
    if (count === null) return;
    const all = buffer.slice(0, count);
    for (const one of group) one.give(all);
  }
}

const groups: Peer[][] = [];
for await (const connection of listener) {
  connection.setNoDelay(true);
  const peer = new Peer(connection as Deno.TcpConn);
  const last = groups.at(-1);
  const group = last && (together === 0 || last.length < together) ? last : [];
  if (group !== last) groups.push(group);
  group.push(peer);
  void serve(peer, group);
}
