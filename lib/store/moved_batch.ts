/**
 * How a batch goes to the writer's Worker and comes back: as one text and one piece of bytes, since
 * hundreds of small objects cost more to copy than to commit.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { saltBytes } from "../log/digest.ts";
import type { Committed, Outcome, Published, Submission } from "../log/submission.ts";
import type { ActionName } from "../protocol/actions.ts";
import type { Action } from "../protocol/codec.ts";
import { digestBytes, idBytes } from "../protocol/packets.ts";
import type { Moved } from "./worker_call.ts";

/** What devices submit, packed; and the rest, of which there is little, as it is. */
export interface PackedSubmissions extends PackedBatch {
  /** What did not come from devices, or has bytes in it, in order: where the text has null. */
  readonly others: readonly Submission[];
}

/** What of a batch is text and numbers, and what is bytes, in the same order. */
export interface PackedBatch {
  /** JSON: only what it takes along unchanged. */
  readonly text: string;
  /** All bytes behind each other, in a buffer of their own. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Actions that no text takes along. */
const withBytes: ReadonlySet<string> = new Set<ActionName>(["invite", "addDevice"]);

type DeviceRow = [
  user: number,
  device: number,
  n: number,
  timeMs: number,
  sizeBytes: number,
  userBytesMax: number,
  action: Action | null,
];
type PublishedRow = [
  lsn: number,
  audience: Published["audience"],
  frameBytes: number,
  changes: Published["changes"],
  user: number,
];

/**
 * Packs what is to be committed.
 *
 * @param submissions in order; stay the caller's
 * @returns what goes over, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { packSubmissions, unpackSubmissions } from "./moved_batch.ts";
 * const [epoch, id, salt] = [new Uint8Array(16), new Uint8Array(16), new Uint8Array(16)];
 * const action = { action: "leave", room: "dev" } as const;
 * const from = { by: "device", user: 2, device: 2, epoch, n: 1, id, sizeBytes: 90 } as const;
 * const batch = [{ ...from, action, timeMs: 5, salt }] as const;
 * assertEquals(unpackSubmissions(packSubmissions(batch)), [...batch]);
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export function packSubmissions(submissions: readonly Submission[]): PackedSubmissions {
  const parts: Uint8Array[] = [];
  const others: Submission[] = [];
  const rows = submissions.map((one): DeviceRow | null => {
    if (one.by !== "device" || one.action && withBytes.has(one.action.action)) {
      others.push(one);
      return null;
    }
    parts.push(one.epoch, one.id, one.salt);
    const { userBytesMax = 0 } = one;
    return [one.user, one.device, one.n, one.timeMs, one.sizeBytes, userBytesMax, one.action];
  });
  return { text: JSON.stringify(rows), bytes: concat(parts), others };
}

/**
 * Unpacks what came over.
 *
 * @param packed as `packSubmissions` gave it
 * @returns the submissions, whose bytes are views of the packed ones
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { packSubmissions, unpackSubmissions } from "./moved_batch.ts";
 * assertEquals(unpackSubmissions(packSubmissions([])), []);
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export function unpackSubmissions({ text, bytes, others }: PackedSubmissions): Submission[] {
  let at = 0;
  let other = 0;
  const take = (count: number) => bytes.subarray(at, at += count);
  return (JSON.parse(text) as (DeviceRow | null)[]).map((row): Submission => {
    if (!row) return others[other++]!;
    const [user, device, n, timeMs, sizeBytes, userBytesMax, action] = row;
    const epoch = take(idBytes);
    const id = take(idBytes);
    const salt = take(saltBytes);
    const from = {
      by: "device",
      user,
      device,
      epoch,
      n,
      id,
      action,
      timeMs,
      sizeBytes,
      salt,
    } as const;
    return userBytesMax === 0 ? from : { ...from, userBytesMax };
  });
}

/**
 * Packs what was committed.
 *
 * @param committed stays the caller's
 * @returns what goes over, owned by the caller; the frames in one buffer
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { packCommitted, unpackCommitted } from "./moved_batch.ts";
 * const committed = { outcomes: [], published: [], head: 4, digest: new Uint8Array(32) };
 * assertEquals(unpackCommitted(packCommitted(committed).value), committed);
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export function packCommitted(
  { outcomes, published, head, digest }: Committed,
): Moved<PackedBatch> {
  const rows = published.map(({ lsn, audience, frame, changes, user }): PublishedRow => {
    return [lsn, audience, frame.length, changes, user];
  });
  const bytes = concat([digest, ...published.map(({ frame }) => frame)]);
  return {
    value: { text: JSON.stringify([outcomes, rows, head]), bytes },
    buffers: [bytes.buffer],
  };
}

/**
 * Unpacks what came back.
 *
 * @param packed as `packCommitted` gave it
 * @returns what was committed; its frames are views of one buffer
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { packCommitted, unpackCommitted } from "./moved_batch.ts";
 * const entry = { lsn: 4, audience: [0, 1], frame: new Uint8Array(9), changes: [], user: 2 } as const;
 * const committed = { outcomes: [], published: [entry], head: 4, digest: new Uint8Array(32) };
 * assertEquals(unpackCommitted(packCommitted(committed).value), committed);
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export function unpackCommitted({ text, bytes }: PackedBatch): Committed {
  const [outcomes, rows, head] = JSON.parse(text) as [Outcome[], PublishedRow[], number];
  let at = digestBytes;
  const published = rows.map(([lsn, audience, frameBytes, changes, user]): Published => {
    return { lsn, audience, frame: bytes.subarray(at, at += frameBytes), changes, user };
  });
  return { outcomes, published, head, digest: bytes.slice(0, digestBytes) };
}
