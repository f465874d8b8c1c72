/**
 * Writes tests/vectors/*.json. They are golden: the tests read what stands there, and this is for
 * adding to them when the protocol grows. Look at what changed before it is committed: a vector
 * that changes is a protocol that changes.
 *
 * `deno run --allow-write=tests/vectors scripts/make_vectors.ts`
 *
 * @module
 */

import { playExample } from "../tests/support/example_client.ts";
import type { Vector } from "../tests/support/vectors.ts";
import { actionVectors, packetVectors } from "./vectors_packets.ts";
import { digestVectors, entryVectors, frameVectors, transcriptVectors } from "./vectors_bytes.ts";

const files: Readonly<Record<string, readonly Vector[]>> = {
  frames: frameVectors(),
  packets: packetVectors(),
  actions: actionVectors(),
  entries: entryVectors(),
  digest: digestVectors(),
  transcript: await transcriptVectors(),
  example: await playExample(),
};

const folder = new URL("../tests/vectors/", import.meta.url);
for (const [name, vectors] of Object.entries(files)) {
  const text = `${JSON.stringify(vectors, null, 2)}\n`;
  await Deno.writeTextFile(new URL(`${name}.json`, folder), text);
  console.log(`${name}.json: ${vectors.length} vectors`);
}
