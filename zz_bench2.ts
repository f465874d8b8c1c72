import { openDatabase } from "./lib/sqlite/database.ts";
import { SqliteLog } from "./lib/store/sqlite_log.ts";
import { systemClock, systemRandom } from "./lib/seams.ts";
import { readPlace } from "./lib/log/place.ts";
import { bodyDigest, chainDigest } from "./lib/log/digest.ts";
import { StoredEntries, whyDamaged } from "./lib/store/stored.ts";
import { verifyLog } from "./lib/store/verify.ts";
import { decodeEntry, entryFrame } from "./lib/log/entry.ts";
import { equals } from "@std/bytes/equals";
import { createHash } from "node:crypto";
const path = Deno.makeTempFileSync({ dir: "/tmp" });
const log = new SqliteLog(openDatabase(path), systemClock, systemRandom);
log.append([{
  by: "server",
  name: "al",
  deviceKey: new Uint8Array(32),
  sizeBytes: 0,
  timeMs: 1_700_000_000_000,
  salt: new Uint8Array(16),
}]);
const epoch = systemRandom.bytes(16);
let n = 0;
const total = 50000;
for (let b = 0; b < total / 500; b++) {
  log.append(Array.from({ length: 500 }, () => ({
    by: "device" as const,
    user: 2,
    device: 2,
    epoch,
    n: ++n,
    id: systemRandom.bytes(16),
    sizeBytes: 0,
    timeMs: 1_700_000_000_000,
    salt: systemRandom.bytes(16),
    action: { action: "message" as const, to: "lobby", text: "x".repeat(100), act: false },
  })));
}
const db = openDatabase(path, { readOnly: true });
const time = (name: string, f: (l: number) => void) => {
  f(5);
  const t = performance.now();
  for (let l = 100; l < 20000; l++) f(l);
  console.log(name.padEnd(30), ((performance.now() - t) / 19.9).toFixed(1), "µs");
};
for (let r = 0; r < 3; r++) {
  const st = new StoredEntries(db);
  time("read", (l) => st.read(l));
  const rows: any[] = [];
  for (let l = 1; l <= 20000; l++) rows[l] = st.read(l);
  time("whyDamaged", (l) => whyDamaged(rows[l], rows[l].previous));
  time("place", (l) => readPlace(rows[l].header));
  time(
    "digests",
    (l) => chainDigest(rows[l].previous, rows[l].header, bodyDigest(rows[l].salt, rows[l].body)),
  );
  time("equals", (l) => equals(rows[l].digest, rows[l].digest.slice()));
  time("decodeEntry", (l) => decodeEntry(rows[l]));
  time("frame", (l) => entryFrame(rows[l]));
  const t = performance.now();
  const { entries } = verifyLog(db);
  const s = (performance.now() - t) / 1000;
  console.log("verify", entries, (entries / s).toFixed(0), "entries/s");
}
Deno.removeSync(path);
