/**
 * Bugs, planted one at a time: in a world's ports where that can be, else in a copy of the code.
 *
 * @module
 */

import type { LogAppender } from "../../lib/log/log.ts";
import { inOnePiece } from "../support/published.ts";
import { nothingPlanted, type Planted } from "./planted.ts";
import type { SimServer } from "./server.ts";

/** A change of one file's text. */
export interface TextChange {
  /** Its path from the root. */
  readonly file: string;
  /** What stands there, once. */
  readonly text: string;
  /** What the bug makes of it. */
  readonly bug: string;
}

/** A bug. */
export interface Mutation {
  readonly name: string;
  /** The seed that finds it, or the named case. */
  readonly by: number | string;
  /** Where it is planted. */
  readonly plant: { readonly ports: Planted } | TextChange;
  /** How the check that finds it speaks. */
  readonly found: RegExp;
}

/** Answers what is applied and not durable yet. */
function hasty(_log: LogAppender, server: SimServer): LogAppender {
  const { process, store, watcher } = server;
  return {
    append: (submissions) => {
      const committed = inOnePiece(store.append(submissions));
      process!.set(50, () => watcher.committed(submissions, committed));
      return Promise.resolve(committed);
    },
  };
}

/** Tells outcomes in another order than they were asked for. */
function swapping(log: LogAppender): LogAppender {
  return {
    append: async (submissions) => {
      const committed = await log.append(submissions);
      return { ...committed, outcomes: committed.outcomes.toReversed() };
    },
  };
}

/** All of them. */
export const mutations: readonly Mutation[] = [
  {
    name: "accepted before the commit",
    by: 2,
    plant: { ports: { ...nothingPlanted, logPort: hasty } },
    found: /not durable|ahead of the/,
  },
  {
    name: "outcomes told to the wrong submissions",
    by: 2,
    plant: { ports: { ...nothingPlanted, logPort: swapping } },
    found: /not durable/,
  },
  {
    name: "acknowledged before the commit",
    by: 2,
    plant: { ports: { ...nothingPlanted, settling: "before commit" } },
    found: /ack before commit/,
  },
  {
    name: "no dedupe: a repeat is taken again",
    by: 7,
    plant: {
      file: "lib/store/apply.ts",
      text: "return repeat(tables, tip, submission, outbox.id, last);",
      bug: "return applyDevice(tables, tip, { ...submission, n: last + 1 });",
    },
    found: /taken once|one lsn per number/,
  },
  {
    name: "row id not compared",
    by: 130,
    plant: {
      file: "lib/store/apply.ts",
      text: "if (!entry.id || !equals(entry.id, id)) return notTaken(tip, codes.conflict, last);",
      bug: "",
    },
    found: /row id/,
  },
  {
    name: "a gap is taken",
    by: 4,
    plant: {
      file: "lib/store/apply.ts",
      text: "if (n === 0 || n > last + 1) return",
      bug: "if (n === 0) return",
    },
    found: /one lsn per number|sender's order/,
  },
  {
    name: "lsn counted on beside the table",
    by: 6,
    plant: {
      file: "lib/store/sqlite_log.ts",
      text: "this.#tip = { lsn: last?.lsn ?? 0,",
      bug: "this.#tip = { lsn: (last?.lsn ?? 0) + (last && last.lsn > 5 ? 1 : 0),",
    },
    found: /after|lsn dense/,
  },
  {
    name: "cursor committed without its entries",
    by: 1,
    plant: {
      file: "lib/client/mailbox.ts",
      text: "this.#store.setCursor(this.#cursor);",
      bug:
        "this.#store.batch.drop(); this.#store.setOwn(this.#own); this.#store.setCursor(this.#cursor);",
    },
    found: /view/,
  },
  {
    name: "sent before it is on the disk",
    by: 4,
    plant: {
      file: "lib/client/connection.ts",
      text: "take: () => this.#commit() ? conversation.take() : null,",
      bug: "take: () => conversation.take(),",
    },
    found: /before it was on the disk/,
  },
  {
    name: "live before the page is done",
    by: 1,
    plant: {
      file: "lib/hub/hub.ts",
      text: "else subscriber.read(feed.wish(), this.#head.lsn);",
      bug: "else {subscriber.read(feed.wish(), this.#head.lsn); feed.goLive(this.#head.lsn);}",
    },
    found: /after|upto|snapshot|ack before commit/,
  },
  {
    name: "a snapshot loses the entries between its head and live",
    by: 1,
    plant: {
      file: "lib/hub/hub.ts",
      text: "subscriber.feed.page(page);",
      bug: "subscriber.feed.page(page); if (page.upto) subscriber.feed.goLive(this.#head.lsn);",
    },
    found: /after|upto/,
  },
  {
    name: "upto for a feed that is behind",
    by: 108,
    plant: {
      file: "lib/hub/feed.ts",
      text: "if (!this.#live || this.#toldUpto >= head) return false;",
      bug: "if (this.#toldUpto >= head) return false;",
    },
    found: /upto|after|snapshot/,
  },
  {
    name: "upto of the head at the end of every page",
    by: 5,
    plant: {
      file: "lib/store/pages.ts",
      text: "const done = run.whole && lsns.length < entriesMax;",
      bug: "const done = true;",
    },
    found: /upto|after/,
  },
  {
    name: "audience taken at the time of sending",
    by: 22,
    plant: {
      file: "lib/hub/hub.ts",
      text: "return this.rooms.entitled(audienceKey(audience), feed.user, lsn);",
      bug: "return lsn > 0 && this.rooms.has(audienceKey(audience), feed.user);",
    },
    found: /after|upto/,
  },
  {
    name: "a feed skips an entry at the seam",
    by: 1,
    plant: {
      file: "lib/hub/ring.ts",
      text: "return this.#entries.slice(this.#start + lsn - this.#dropped);",
      bug: "return this.#entries.slice(this.#start + lsn - this.#dropped + 1);",
    },
    found: /after|upto/,
  },
  {
    name: "credit not enforced",
    by: 108,
    plant: {
      file: "lib/hub/feed.ts",
      text: "Math.max(this.#owed.bytes, this.#waitingBytes) + size > this.#credit.creditBytesMax",
      bug: "false",
    },
    found: /credit/,
  },
  {
    name: "the outbox is turned around in a new epoch",
    by: "a disk that is restored twice under an epoch that was left turns nothing around",
    plant: {
      file: "lib/client/outbox_store.ts",
      text: "ORDER BY place) AS n FROM outbox",
      bug: "ORDER BY place DESC) AS n FROM outbox",
    },
    found: /before it was on the disk|sender's order|converge/,
  },
  {
    name: "a new epoch while something is in flight",
    by: 279,
    plant: {
      file: "lib/client/outbox.ts",
      text: "if (this.#flying.size > 0 || nowMs",
      bug: "if (nowMs",
    },
    found: /taken once|sender's order|answered twice|converge/,
  },
  {
    name: "an own entry answers another row with its number",
    by: 41,
    plant: {
      file: "lib/client/outbox.ts",
      text: "const row = id === null ? null : this.#store.row(id);",
      bug:
        "const { n } = arguments[0] as Entry; const row = this.#rows.find((one) => one.n === n) ?? null;",
    },
    found: /status/,
  },
  {
    name: "a full disk is answered like any other",
    by: 39,
    plant: {
      file: "lib/store/sqlite_log.ts",
      text: "if (isDiskFull(error)) return this.#refuse(submissions);",
      bug: "if (isDiskFull(error)) return { ...this.#refuse(submissions), outcomes: " +
        "submissions.map(() => ({ outcome: 'accepted', lsn: this.#tip.lsn })) };",
    },
    found: /one lsn per number/,
  },
  {
    name: "what the server has taken is not settled first",
    by: "a client's disk that is restored loses what it had not sent, and nothing else",
    plant: {
      file: "lib/client/outbox.ts",
      text: "if (n > this.#knownN && this.#rows[0]!.n <= this.#knownN) break;",
      bug: "",
    },
    found: /sender's order/,
  },
  {
    name: "rows follow a number that may be taken by something else",
    by: "a disk that is restored twice under an epoch that was left turns nothing around",
    plant: {
      file: "lib/client/outbox.ts",
      text: "if (this.#isUnproved && this.#flying.size > 0) break;",
      bug: "",
    },
    found: /sender's order/,
  },
  {
    name: "welcomed before what is under way is committed",
    by: "what a killed client has under way is counted before it is welcomed again",
    plant: {
      file: "lib/server/connection.ts",
      text: "settled: (device, done) => ask(appender.settled(device), done),",
      bug: "settled: (_device, done) => ask(Promise.resolve(), done),",
    },
    found: /sender's order/,
  },
  {
    name: "memberships forgotten at a restart",
    by: 7,
    plant: {
      file: "lib/store/start.ts",
      text: "until IS NULL AND audience NOT LIKE 'd%'",
      bug: "until IS NULL AND audience LIKE 'r1'",
    },
    found: /after|upto/,
  },
  {
    name: "digest not compared",
    by: "a digest that differs gets all anew",
    plant: {
      file: "lib/store/reader.ts",
      text: "if (equals(own, digest)) return null;",
      bug: "return null;",
    },
    found: /equal|cursor|view|upto/,
  },
  {
    name: "the log's id not compared",
    by: 39,
    plant: {
      file: "lib/store/reader.ts",
      text: "if (!equals(logId, this.#logId)) return snapshotReasons.otherLog;",
      bug: "",
    },
    found: /equal|view|cursor/,
  },
  {
    name: "a silent server is never given up",
    by: 38,
    plant: {
      file: "lib/client/conversation.ts",
      text: "if (silentMs >= limits.deadAfterMs) {",
      bug: "if (silentMs >= 1e9) {",
    },
    found: /converge|rest/,
  },
  {
    name: "an acknowledgement gives no credit back",
    by: 1,
    plant: {
      file: "lib/hub/debt.ts",
      text: "this.#lasts.splice(0, paid);",
      bug: "",
    },
    found: /credit|converge/,
  },
  {
    name: "a receipt counts what was sent and not what was acknowledged",
    by: 47,
    plant: {
      file: "lib/store/holdings.ts",
      text: "known.held.push([since, cursor]);",
      bug: "known.held.push([since, Infinity]);",
    },
    found: /receipt ahead of the fact/,
  },
  {
    name: "who begins anew is still believed to hold what it held",
    by: 169,
    plant: {
      file: "lib/hub/receipts.ts",
      text: 'this.#begin(who, "anew", head);',
      bug: 'this.#begin(who, "resumed", head);',
    },
    found: /receipt ahead of the fact|converge: \d+ on \d+ disks/,
  },
  {
    name: "history given to who has left",
    by: "who has left a room is given nothing of what was said there since",
    plant: {
      file: "lib/store/sight.ts",
      text: "const isMember = this.#statements.open.get(key, user) !== undefined;",
      bug: "const isMember = true;",
    },
    found: /history: \d+ is not for/,
  },
  {
    name: "drawn over a hole",
    by: "what was said between leaving and coming back is a hole until it is fetched",
    plant: {
      file: "lib/client/history.ts",
      text: "if (!oldest || oldest.entry.prev !== held.entry.lsn) break;",
      bug: "if (!oldest) break;",
    },
    found: /history: drawn over a hole/,
  },
  {
    name: "asked before the answer to a resume",
    by: "nothing is asked of another history of the same log before its snapshot",
    plant: {
      file: "lib/client/conversation.ts",
      text: "if (outbox.unanswered === 0 && !this.#mayBegin)",
      bug: "if (outbox.unanswered === 0)",
    },
    found: /history: \d+ of \w+ is drawn, and is another in the log/,
  },
];
