/**
 * A data folder with many users of the lobby, made through the server's own writer.
 */

import { type IdentityKey, keyFromSeed } from "../lib/identity/keys.ts";
import { limits } from "../lib/limits.ts";
import { systemClock, systemRandom } from "../lib/seams.ts";
import { databasePath } from "../lib/server/data_folder.ts";
import { openDatabase } from "../lib/sqlite/database.ts";
import { SqliteLog } from "../lib/store/sqlite_log.ts";
import { openly } from "../tests/support/openly.ts";

/** Users with one device each, and where their log stands. */
export interface Crowd extends AsyncDisposable {
  readonly data: string;
  /** By number; the names are `b0`, `b1`, … */
  readonly devices: readonly { readonly name: string; readonly key: IdentityKey }[];
  readonly logId: Uint8Array;
  readonly head: number;
  readonly digest: Uint8Array;
}

/** Makes the folder. */
export async function makeCrowd(count: number): Promise<Crowd> {
  const data = await Deno.makeTempDir();
  const devices = await Promise.all(Array.from({ length: count }, async (_, at) => {
    const seed = new Uint8Array(32);
    new DataView(seed.buffer).setUint32(0, at + 1);
    return { name: `b${at}`, key: await keyFromSeed(seed) };
  }));
  const log = new SqliteLog(openDatabase(databasePath(data)), systemClock, systemRandom);
  for (let at = 0; at < count; at += limits.batchCountMax) {
    log.append(
      devices.slice(at, at + limits.batchCountMax).map(({ name, key }) => ({
        ...{ ...openly, name, deviceKey: key.publicKey, sizeBytes: 100 } as const,
        timeMs: systemClock.wallMs(),
        salt: systemRandom.bytes(16),
      })),
    );
  }
  const { logId, lsn: head, digest } = log.head();
  log.close();
  const dispose = () => Deno.remove(data, { recursive: true });
  return { data, devices, logId, head, digest, [Symbol.asyncDispose]: dispose };
}
