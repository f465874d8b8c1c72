/**
 * A data folder with a long log, made through the same writer as a server's and kept for the next
 * run, and a device that was away for all of it.
 */

import { type IdentityKey, keyFromSeed } from "../lib/identity/keys.ts";
import { headerBytes } from "../lib/framing.ts";
import { limits } from "../lib/limits.ts";
import type { Submission } from "../lib/log/submission.ts";
import { databasePath } from "../lib/server/data_folder.ts";
import { systemClock, systemRandom } from "../lib/seams.ts";
import { openDatabase } from "../lib/sqlite/database.ts";
import { SqliteLog } from "../lib/store/sqlite_log.ts";
import { openly } from "../tests/support/openly.ts";

const textBytes = 100;
const speakers = ["ada", "bob", "cleo", "dan"];

/** The device that was away: its name, its key's seed, and where it stands. */
export interface Absent {
  readonly name: string;
  readonly seed: Uint8Array;
  readonly key: IdentityKey;
  readonly user: number;
  readonly device: number;
  readonly logId: Uint8Array;
  readonly cursor: number;
  readonly digest: Uint8Array;
  /** Entries meant for it beyond its cursor. */
  readonly missed: number;
}

/** A copy of the kept folder, for one run to write into, and who is to catch up. */
export interface BigLog {
  readonly data: string;
  readonly absent: Absent;
  /** Removes the copy. */
  remove(): Promise<void>;
}

/** Gives a data folder with this many messages in the lobby. */
export async function bigLog(messages: number): Promise<BigLog> {
  const kept = `${Deno.env.get("TMPDIR") ?? "/tmp"}/parley-bench-${messages}`;
  const seed = new Uint8Array(32).fill(7);
  const key = await keyFromSeed(seed);
  const note = `${kept}/absent.json`;
  const made = await Deno.stat(note).then(() => true, () => false);
  if (!made) await make(kept, messages, key);
  const held = JSON.parse(await Deno.readTextFile(note));
  const data = await Deno.makeTempDir();
  await Deno.copyFile(databasePath(kept), databasePath(data));
  const bytes = (list: number[]) => new Uint8Array(list);
  const absent = { ...held, seed, key, logId: bytes(held.logId), digest: bytes(held.digest) };
  return { data, absent, remove: () => Deno.remove(data, { recursive: true }) };
}

async function make(folder: string, messages: number, key: IdentityKey): Promise<void> {
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  const log = new SqliteLog(openDatabase(databasePath(folder)), systemClock, systemRandom);
  const registered = (name: string, deviceKey: Uint8Array) =>
    log.append([submission({ ...openly, name, deviceKey, sizeBytes: 100 })]).head;
  const users = speakers.map((name) => registered(name, systemRandom.bytes(32)));
  const id = registered("absent", key.publicKey);
  const { logId, digest } = log.head();
  const epochs = users.map(() => systemRandom.bytes(16));
  for (let at = 0; at < messages;) {
    const batch: Submission[] = [];
    for (; batch.length < limits.batchCountMax && at < messages; at++) {
      const who = at % users.length;
      const user = users[who]!;
      const text = `${at} `.padEnd(textBytes, "x");
      const n = Math.floor(at / users.length) + 1;
      const number = { user, device: user, epoch: epochs[who]!, n, id: systemRandom.bytes(16) };
      const action = { action: "message", to: "lobby", text, act: false } as const;
      const sizeBytes = textBytes + headerBytes;
      batch.push(submission({ by: "device", ...number, action, sizeBytes }));
    }
    log.append(batch);
  }
  log.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  log.close();
  const stand = { cursor: id, logId: [...logId], digest: [...digest] };
  const absent = { name: "absent", user: id, device: id, ...stand, missed: messages };
  await Deno.writeTextFile(`${folder}/absent.json`, JSON.stringify(absent));
}

function submission<R>(request: R): R & { timeMs: number; salt: Uint8Array } {
  return { ...request, timeMs: systemClock.wallMs(), salt: systemRandom.bytes(16) };
}
