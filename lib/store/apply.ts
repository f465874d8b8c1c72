/**
 * Apply: where everything is decided, inside the transaction and before it writes. A pure function
 * of the tables and the submission: the same submissions give the same tables, anywhere.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { type Code, codes } from "../errors.ts";
import { bodyDigest, chainDigest, firstDigest } from "../log/digest.ts";
import { decodeEntry, encodeEntry, entryFrame, type EntryHeader } from "../log/entry.ts";
import type { EntryContent } from "../log/entry_kinds.ts";
import type {
  DeviceRequest,
  InviteRequest,
  Outcome,
  Published,
  RecoverRequest,
  RegisterRequest,
  Submission,
} from "../log/submission.ts";
import { type Audience, audienceKey, audienceKinds, roomAudience } from "../protocol/audience.ts";
import { lobbyName } from "../protocol/names.ts";
import { admitted, invited } from "./admission.ts";
import { changesOf } from "./changes.ts";
import { decide } from "./deciders.ts";
import { lobbyRoom } from "./places.ts";
import { project } from "./project.ts";
import { recovered } from "./device_rules.ts";
import type { Tables } from "./tables.ts";
import type { Verdict } from "./verdict.ts";

/** What a submission came to: its outcome, and the entry if it made one. */
export interface Applied {
  /** What its sender is told, once the transaction is durable. */
  readonly outcome: Outcome;
  /** The entry for those it is meant for; null for a repeat, and where nothing was taken. */
  readonly published: Published | null;
}

/** The end of the log while a batch is applied. */
export interface Tip {
  /** The last entry's lsn; 0 before the first. */
  readonly lsn: number;
  /** The digest after it; 32 bytes. */
  readonly digest: Uint8Array;
}

/** What the header of an entry says that came from no outbox, and of no user's device. */
const byServer = { user: 0, device: 0, epoch: null, n: 0, id: null } as const;

/**
 * Applies one submission.
 *
 * @param tables the store's tables, in a transaction
 * @param tip the end of the log before it
 * @param submission what is asked, with its time and salt
 * @returns the outcome, the entry for those it is meant for, and the new tip
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * const asked = { by: "server", name: "al", deviceKey: new Uint8Array(32), sizeBytes: 0 } as const;
 * const how = { registration: "open", invite: null, timeMs: 0, salt: new Uint8Array(16) } as const;
 * const result = store.append([{ ...asked, ...how }]);
 * assertEquals(result.outcomes, [{ outcome: "accepted", lsn: 2 }]);
 * store.close();
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export function apply(
  tables: Tables,
  tip: Tip,
  submission: Submission,
): Applied & { readonly tip: Tip } {
  switch (submission.by) {
    case "device":
      return applyDevice(tables, tip, submission);
    case "server":
      return applyRegister(tables, tip, submission);
    case "operator":
    case "recovery":
      return applyOperator(tables, tip, submission);
  }
}

function applyRegister(tables: Tables, tip: Tip, submission: Submission<RegisterRequest>) {
  const found = admitted(tables, submission);
  if (typeof found === "number") return notTaken(tip, found, 0);
  const lsn = tip.lsn + 1;
  const { user, content } = found;
  const audience: Audience = user === null ? roomAudience(lobbyRoom) : [audienceKinds.user, user];
  return entered(
    tables,
    tip,
    { user: user ?? lsn, device: lsn },
    { audience, content },
    submission,
  );
}

/** What the operator asks is of no user and no device. */
function applyOperator(
  tables: Tables,
  tip: Tip,
  submission: Submission<InviteRequest | RecoverRequest>,
) {
  const verdict = submission.by === "recovery"
    ? recovered(tables, submission)
    : inviteVerdict(tables, submission);
  if (typeof verdict === "number") return notTaken(tip, verdict, 0);
  return entered(tables, tip, { user: 0, device: 0 }, verdict, submission);
}

function inviteVerdict(tables: Tables, submission: Submission<InviteRequest>): Verdict | Code {
  const content = invited(tables, submission);
  return typeof content === "number" ? content : { audience: [audienceKinds.admins], content };
}

/** Records what came from no outbox. */
function entered(
  tables: Tables,
  tip: Tip,
  by: Pick<EntryHeader, "user" | "device">,
  { audience, content }: Verdict,
  { timeMs, salt }: Submission,
): Applied & { tip: Tip } {
  const prev = tables.last(audienceKey(audience));
  const header = { ...byServer, ...by, lsn: tip.lsn + 1, prev, timeMs, audience };
  return record(tables, tip, header, content, salt, null);
}

function applyDevice(tables: Tables, tip: Tip, submission: Submission<DeviceRequest>) {
  const { user, device, epoch, n } = submission;
  const shut = tables.people.shut.codeOf(user, device);
  if (shut !== 0) return notTaken(tip, shut, 0);
  const outbox = tables.outbox(device, epoch);
  const last = outbox?.last ?? 0;
  if (n === 0 || n > last + 1) return notTaken(tip, codes.gap, last);
  if (outbox && n <= last) return repeat(tables, tip, submission, outbox.id, last);
  const lsn = tip.lsn + 1;
  const { audience, content } = decide(tables, submission, lsn);
  const header: EntryHeader = {
    lsn,
    prev: tables.last(audienceKey(audience)),
    timeMs: submission.timeMs,
    audience,
    user: submission.user,
    device,
    epoch,
    n,
    id: submission.id,
  };
  return record(tables, tip, header, content, submission.salt, outbox?.id ?? lsn);
}

function repeat(
  tables: Tables,
  tip: Tip,
  { n, id }: DeviceRequest,
  outbox: number,
  last: number,
): Applied & { tip: Tip } {
  const taken = tables.taken(outbox, n);
  if (!taken) return notTaken(tip, codes.conflict, last);
  // A wrong id here would be taken for another outbox's, and the message sent a second time.
  if (!tables.isWhole(taken.lsn)) return notTaken(tip, codes.unavailable, n - 1);
  const entry = decodeEntry(taken);
  if (!entry.id || !equals(entry.id, id)) return notTaken(tip, codes.conflict, last);
  const outcome: Outcome = entry.content?.kind === "refused"
    ? { outcome: "refused", lsn: taken.lsn, code: entry.content.code as Code }
    : { outcome: "accepted", lsn: taken.lsn };
  return { outcome, published: null, tip };
}

function notTaken(tip: Tip, code: Code, last: number): Applied & { tip: Tip } {
  return { outcome: { outcome: "later", code, last }, published: null, tip };
}

function record(
  tables: Tables,
  tip: Tip,
  header: EntryHeader,
  content: EntryContent,
  salt: Uint8Array,
  outbox: number | null,
): Applied & { tip: Tip } {
  const stored = encodeEntry(header, content);
  const digest = chainDigest(tip.digest, stored.header, bodyDigest(salt, stored.body));
  const { lsn, audience, user } = header;
  const n = outbox === null ? null : header.n;
  tables.insertLog({ lsn, audience: audienceKey(audience), outbox, n, ...stored, salt, digest });
  const changes = changesOf(tables, header, content);
  project(tables, header, content);
  if (outbox !== null) tables.usage.add(user, stored.header.length + stored.body.length);
  return {
    outcome: content.kind === "refused"
      ? { outcome: "refused", lsn, code: content.code as Code }
      : { outcome: "accepted", lsn },
    published: { lsn, audience, frame: entryFrame(stored), changes, user },
    tip: { lsn, digest },
  };
}

/**
 * Makes the log's first entry, the lobby, which nobody asked for and everybody is in.
 *
 * @param tables the tables of an empty store, in a transaction
 * @param timeMs milliseconds since 1970-01-01 UTC
 * @param salt 16 random bytes
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * assertEquals(store.head().lsn, 1);
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "Entries"
 */
export function applyFirst(tables: Tables, timeMs: number, salt: Uint8Array): void {
  const audience = roomAudience(lobbyRoom);
  const header: EntryHeader = { ...byServer, lsn: lobbyRoom, prev: 0, timeMs, audience };
  const tip = { lsn: 0, digest: firstDigest };
  record(tables, tip, header, { kind: "created", name: lobbyName, private: false }, salt, null);
}
