/**
 * What the network thread allocates on the way of a message, by function, from V8's sampling heap
 * profiler: `deno task bench:allocations [b|d]`. The server runs in this process, on its sources;
 * so does the relaying of logins, which is over before the profile begins.
 */

import { Session } from "node:inspector";
import { readConfig } from "../lib/server/config.ts";
import { startServer } from "../lib/server/parleyd.ts";
import { makeCrowd } from "./crowd.ts";
import { Load } from "./load.ts";
import { cores, notes, room, type Talk } from "./talk.ts";

interface Node {
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly selfSize: number;
  readonly children: readonly Node[];
}

const talks: Readonly<Record<string, Talk>> = { b: room(64, 20_000), d: notes(60_000, 0) };
const shownMax = 15;

const session = new Session();
session.connect();
function post<T>(method: string, params: object = {}): Promise<T> {
  return new Promise((resolve, reject) =>
    session.post(
      method,
      params,
      (error: Error | null, answer?: object) => error ? reject(error) : resolve(answer as T),
    )
  );
}

const letter = Deno.args[0] ?? "b";
const { connections, run } = talks[letter]!;
await using crowd = await makeCrowd(connections);
await using load = await Load.start(cores.load);
const { limits } = await readConfig(
  new URL("../tests/support/crowded.toml", import.meta.url).pathname,
);
const { promise: port, resolve } = Promise.withResolvers<number>();
await startServer({
  listen: { hostname: "127.0.0.1", port: 0 },
  data: crowd.data,
  registration: "open",
  host: null,
  limits,
  clear: true,
  journal: () => {},
  listening: (address) => resolve(address.port),
  failed: (error) => {
    throw error;
  },
});
await load.open(await port, crowd, 0, connections);
await load.run(run);
await post("HeapProfiler.enable");
await post("HeapProfiler.startSampling", {
  samplingInterval: 8_192,
  includeObjectsCollectedByMajorGC: true,
  includeObjectsCollectedByMinorGC: true,
});
const { accepted, delivered } = await load.run(run);
const { profile } = await post<{ profile: { head: Node } }>("HeapProfiler.stopSampling");

const byPlace = new Map<string, number>();
let bytes = 0;
function add({ callFrame, selfSize, children }: Node): void {
  const file = callFrame.url.slice(callFrame.url.lastIndexOf("/") + 1);
  const place = `${callFrame.functionName || "(anonymous)"} ${file}`;
  byPlace.set(place, (byPlace.get(place) ?? 0) + selfSize);
  bytes += selfSize;
  children.forEach(add);
}
add(profile.head);
const each = (part: number) => (part / delivered).toFixed(1);
console.log(`${letter}: ${accepted} accepted, ${delivered} deliveries`);
console.log(
  `${each(bytes)} bytes of V8's heap a delivery, ${(bytes / accepted).toFixed(0)} a message`,
);
for (const [place, size] of [...byPlace].sort((a, b) => b[1] - a[1]).slice(0, shownMax)) {
  console.log(
    `${each(size).padStart(8)}  ${(100 * size / bytes).toFixed(1).padStart(5)} %  ${place}`,
  );
}
Deno.exit();
