/**
 * What must be true at the end of a chaos run, whatever happened in it. No IO.
 *
 * @module
 */

/** An entry as the log has it. */
export interface TrueEntry {
  readonly lsn: number;
  /** Of the entry's bytes. */
  readonly sum: number;
  readonly device: number;
  readonly epoch: string;
  readonly n: number;
  readonly text: string | null;
  /** Whether a member is meant by the entry's audience, by user id. */
  readonly isFor: (user: number) => boolean;
}

/** An entry as a member holds it. */
export interface Held {
  readonly lsn: number;
  readonly sum: number;
}

/** What a member did and has. */
export interface MemberRecord {
  readonly name: string;
  readonly user: number;
  readonly device: number;
  readonly epoch: string;
  /** Everything after this lsn is expected: where the member's cursor began. */
  readonly since: number;
  /** What it asked for, in order; null for what is no message. The first has n = 1. */
  readonly said: readonly (string | null)[];
  /** Each `accepted` that it was ever told, repeats included. */
  readonly answers: readonly (readonly [n: number, lsn: number])[];
  /** What it has committed, in the order in which it did. */
  readonly held: readonly Held[];
  /** What it saw of the server that no server may do. */
  readonly complaints: readonly string[];
}

/** What was wrong, by kind; all empty when all is well. */
export interface Verdict {
  /** Accepted, and not in the log; or meant for a member that does not have it. */
  readonly lost: string[];
  /** In the log, or with a member, more than once. */
  readonly twice: string[];
  /** A sender's messages in another order than they were said; or held in another than the log's. */
  readonly outOfOrder: string[];
  /** Held by whom it is not meant for. */
  readonly foreign: string[];
  /** Not what was said, not what the log has, or under another lsn than was told before. */
  readonly altered: string[];
  /** What members saw of the server, and what became of it besides being killed. */
  readonly complaints: string[];
}

/** @returns how many findings there are */
export function findings(verdict: Verdict): number {
  return Object.values(verdict).flat().length;
}

/**
 * Compares what everybody has with what the log has.
 *
 * @param log all of it, in order of lsn
 * @param members at the end, when they have all that they will get
 * @param complaints what was seen beside them
 */
export function judge(
  log: readonly TrueEntry[],
  members: readonly MemberRecord[],
  complaints: readonly string[] = [],
): Verdict {
  const verdict: Verdict = {
    lost: [],
    twice: [],
    outOfOrder: [],
    foreign: [],
    altered: [],
    complaints: [...complaints],
  };
  const byLsn = new Map(log.map((entry) => [entry.lsn, entry]));
  log.forEach(({ lsn }, at) => {
    if (lsn !== at + 1) verdict.lost.push(`the log has ${lsn} in place of ${at + 1}`);
  });
  for (const member of members) {
    verdict.complaints.push(...member.complaints.map((text) => `${member.name}: ${text}`));
    judgeSender(verdict, log, byLsn, member);
    judgeReceiver(verdict, log, byLsn, member);
  }
  return verdict;
}

function judgeSender(
  verdict: Verdict,
  log: readonly TrueEntry[],
  byLsn: ReadonlyMap<number, TrueEntry>,
  { name, device, epoch, said, answers }: MemberRecord,
): void {
  const isOwn = (entry: TrueEntry) => entry.device === device && entry.epoch === epoch;
  const own = log.filter(isOwn);
  const seen = new Set<number>();
  own.forEach(({ lsn, n, text }, at) => {
    const row = `${name}'s ${n} at ${lsn}`;
    if (seen.has(n)) verdict.twice.push(row);
    else if (n !== seen.size + 1) {
      (n < (own[at - 1]?.n ?? 0) ? verdict.outOfOrder : verdict.lost).push(`${row}: a gap before`);
    }
    seen.add(n);
    if (text !== said[n - 1]) verdict.altered.push(`${row}: another text than was said`);
  });
  const told = new Map<number, number>();
  for (const [n, lsn] of answers) {
    const row = `${name}'s ${n}`;
    const before = told.get(n) ?? lsn;
    told.set(n, lsn);
    if (before !== lsn) verdict.altered.push(`${row}: told ${before}, then ${lsn}`);
    const entry = byLsn.get(lsn);
    if (!entry || !isOwn(entry) || entry.n !== n) verdict.lost.push(`${row}, accepted at ${lsn}`);
  }
}

function judgeReceiver(
  verdict: Verdict,
  log: readonly TrueEntry[],
  byLsn: ReadonlyMap<number, TrueEntry>,
  { name, user, since, held }: MemberRecord,
): void {
  const has = new Set<number>();
  let last = since;
  for (const { lsn, sum } of held) {
    const what = `${lsn} with ${name}`;
    const entry = byLsn.get(lsn);
    if (has.has(lsn)) verdict.twice.push(what);
    else if (lsn < last) verdict.outOfOrder.push(`${what}, after ${last}`);
    has.add(lsn);
    last = Math.max(last, lsn);
    if (!entry || entry.sum !== sum) verdict.altered.push(what);
    else if (!entry.isFor(user)) verdict.foreign.push(what);
  }
  for (const entry of log) {
    if (entry.lsn > since && entry.isFor(user) && !has.has(entry.lsn)) {
      verdict.lost.push(`${entry.lsn} for ${name}`);
    }
  }
}
