/**
 * What must hold after every step, said from the log's entries and from nobody's own reckoning.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { equals } from "@std/bytes/equals";
import type { ClientEvent } from "../../lib/client/events.ts";
import type { Answer, OutboxRow } from "../../lib/client/outbox_store.ts";
import type { Entry } from "../../lib/log/entry.ts";
import type { Committed, Submission } from "../../lib/log/submission.ts";
import { audienceKey, type TalkAudience } from "../../lib/protocol/audience.ts";
import { Oracle, type Who } from "../support/hub_oracle.ts";
import { bytesKey, type Trace } from "./clock.ts";
import type { SimClient } from "./client.ts";
import type { DiskCopy, Held } from "./disk.ts";
import { Facts } from "./facts.ts";
import { checkDrawn } from "./history_checks.ts";

/** Something did not hold. */
export class Broken extends Error {
  override name = "Broken";
}

/** Something typed, and what is known of it. */
interface Typed {
  readonly client: SimClient;
  readonly order: number;
  /** A restored disk may have lost it. */
  mayBeLost: boolean;
}

/** One log: a server that is restored from a backup begins another. */
export class Era {
  readonly oracle = new Oracle();
  readonly facts = new Facts();
  /** The lsn by device, epoch and number. */
  readonly taken = new Map<string, number>();
  /** The lsn by row id. */
  readonly ids = new Map<string, number>();
  readonly #last = new Map<string, number>();
  readonly #order = new Map<number, number>();
  #timeMs = 0;

  /** Takes the next entry; fails if it may not be there. */
  add(frame: Uint8Array, typed: ReadonlyMap<string, Typed>): Entry {
    this.oracle.add(frame);
    const entry = this.oracle.entry(this.oracle.head);
    const { lsn, device, epoch, n, id, timeMs } = entry;
    assert(timeMs >= this.#timeMs, `lsn dense: the time of ${lsn} goes back`);
    this.#timeMs = timeMs;
    if (!epoch || !id) return entry;
    const outbox = `${device} ${bytesKey(epoch)}`;
    assertEquals(
      n,
      (this.#last.get(outbox) ?? 0) + 1,
      `one lsn per number: of ${device} at ${lsn}`,
    );
    this.#last.set(outbox, n);
    this.taken.set(`${outbox} ${n}`, lsn);
    const key = bytesKey(id);
    const known = typed.get(key);
    assert(known, `taken once: ${lsn} was asked for by nobody`);
    assert(!this.ids.has(key), `taken once: ${lsn} is ${this.ids.get(key)} again`);
    this.ids.set(key, lsn);
    const last = this.#order.get(device) ?? 0;
    assert(known.order > last, `sender's order: ${lsn} of ${device}`);
    this.#order.set(device, known.order);
    return entry;
  }

  /** A disk was restored: what its device says next may be older than what it said before. */
  forgetOrder(device: number): void {
    this.#order.delete(device);
  }
}

/** All that is checked in one world. */
export class Checks {
  readonly typed = new Map<string, Typed>();
  readonly eras = new Map<string, Era>();
  era = new Era();
  #order = 0;
  #broken: Error | null = null;
  readonly #answered = new Map<SimClient, Set<string>>();
  readonly #shown = new Map<SimClient, { lsns: Set<number>; last: number; logId: string }>();

  constructor(readonly trace: Trace) {}

  /** Notes the first thing that does not hold: it is thrown at the end of the step. */
  hold(what: () => void): void {
    try {
      what();
    } catch (error) {
      this.#broken ??= error as Error;
    }
  }

  /** @throws what was noted */
  throwBroken(): void {
    if (this.#broken) throw this.#broken;
  }

  /** Notes something that must not happen. */
  failed(why: string): void {
    this.#broken ??= new Broken(why);
  }

  /** A log begins, with what is in it. */
  beginEra(logId: Uint8Array, frames: readonly Uint8Array[]): void {
    const { facts } = this.era;
    this.era = new Era();
    this.era.facts.inherit(facts, frames.length);
    this.eras.set(bytesKey(logId), this.era);
    this.hold(() => {
      for (const frame of frames) this.era.add(frame, this.typed);
    });
  }

  /** What is in the log after this lsn will be gone. */
  losing(lsn: number): void {
    for (const [key, at] of this.era.ids) {
      if (at > lsn) this.typed.get(key)!.mayBeLost = true;
    }
  }

  /** A batch is durable. */
  committed(submissions: readonly Submission[], committed: Committed): void {
    this.hold(() => {
      const { oracle, taken } = this.era;
      for (const { frame } of committed.published) this.era.add(frame, this.typed);
      assertEquals(committed.head, oracle.head, "lsn dense: the head");
      this.trace.note(1, committed.head, submissions.length);
      committed.outcomes.forEach((outcome, at) => {
        const asked = submissions[at]!;
        if (asked.by !== "device" || outcome.outcome === "later") return;
        const key = `${asked.device} ${bytesKey(asked.epoch)} ${asked.n}`;
        assertEquals(outcome.lsn, taken.get(key), `one lsn per number: of ${asked.device}`);
        const id = oracle.entry(outcome.lsn).id!;
        assert(equals(id, asked.id), `row id: ${outcome.lsn} was something else`);
      });
    });
  }

  /** A row is on a client's disk. */
  typedRow(client: SimClient, { id }: OutboxRow): void {
    const order = ++this.#order;
    this.typed.set(bytesKey(id), { client, order, mayBeLost: false });
    this.trace.note(2, order);
  }

  /** A client starts: what was shown is drawn from its disk. */
  started(client: SimClient): void {
    this.#answered.delete(client);
    this.#shown.delete(client);
  }

  /** A client's disk is about to be restored: what is neither there nor in the log may be gone. */
  restored(client: SimClient, { held }: DiskCopy): void {
    const kept = new Set(held.rows.map(({ id }) => bytesKey(id)));
    for (const [key, typed] of this.typed) {
      if (typed.client === client && !kept.has(key) && !this.era.ids.has(key)) {
        typed.mayBeLost = true;
      }
    }
    const device = client.disk.held.own?.device;
    for (const era of this.eras.values()) if (device) era.forgetOrder(device);
  }

  /** Something is shown. */
  shown(client: SimClient, event: ClientEvent): void {
    this.hold(() => {
      if (event.kind === "answered") {
        this.#answer(client, event.answered.row, event.answered.answer);
      }
      if (event.kind === "entry") this.#entry(client, event.shown.entry);
      if (event.kind === "past" && event.code === 0) this.drawn(client, false);
      if (event.kind === "receipt") {
        const { logId, user } = client.running!.store.own!;
        const { oracle, facts } = this.eras.get(bytesKey(logId))!;
        facts.check(oracle, user, event.receipt);
        this.trace.note(7, event.receipt.lsn, event.receipt.delivered, event.receipt.read);
      }
      if (event.kind === "snapshot") {
        const shown = this.#shown.get(client);
        if (event.reason !== 0) shown?.lsns.clear();
        if (shown) shown.last = 0;
      }
    });
  }

  /** A client's disk has changed. */
  diskCommitted(before: Held, after: Held): void {
    this.#stored(after);
    if (before === after || !after.cursor || !after.own) return;
    const { own, cursor, entries, floor, past } = after;
    this.hold(() => {
      const logId = bytesKey(cursor.logId);
      const { oracle } = this.eras.get(logId)!;
      this.trace.note(3, cursor.lsn, entries.length);
      const isSame = before.snapshots === after.snapshots;
      const from = isSame ? before.cursor!.lsn : floor;
      assert(cursor.lsn >= from, `cursor goes back from ${from} to ${cursor.lsn}`);
      const who: Who = own;
      if (!isSame) {
        // What an earlier snapshot brought that was cut off may be there too.
        const held = new Set(entries.map(({ lsn }) => lsn));
        const wanted = oracle.snapshotAt(who, floor).entries;
        assertEquals(wanted.filter((lsn) => !held.has(lsn)), [], "view: the snapshot");
        const known = new Set([...wanted, ...before.entries.map(({ lsn }) => lsn)]);
        const others = [...held].filter((lsn) => lsn <= floor && !known.has(lsn) && !past.has(lsn));
        assertEquals(others, [], "view: not of the snapshot");
      }
      if (entries === before.entries && cursor === before.cursor) return;
      const last = Math.max(cursor.lsn, entries.at(-1)?.lsn ?? 0);
      assert(last <= oracle.head, `view: ${last} is beyond its log`);
      const held: number[] = [];
      for (let at = entries.length - 1; at >= 0 && entries[at]!.lsn > from; at--) {
        const { lsn } = entries[at]!;
        if (!past.has(lsn) || oracle.isFor(who, lsn)) held.unshift(lsn);
        const entry = oracle.entry(lsn);
        assertEquals(textOf(entries[at]!), textOf(entry), `view: what ${entry.lsn} says`);
      }
      const meant = oracle.meantFor(who, from, last);
      if (String(held) !== String(meant)) {
        assertEquals(held, meant, `view: from ${from} to ${last}`);
      }
    });
  }

  /** What came is a fact of the log that the disk is of. */
  #stored({ own, cursor, fresh }: Held): void {
    if (!own || fresh.length === 0) return;
    this.hold(() => {
      const { oracle, facts } = this.eras.get(bytesKey(cursor?.logId ?? own.logId))!;
      for (const entry of fresh) {
        assert(entry.lsn <= oracle.head, `view: ${entry.lsn} is beyond its log`);
        assertEquals(textOf(entry), textOf(oracle.entry(entry.lsn)), `view: ${entry.lsn}`);
        facts.held(own.user, entry.lsn);
      }
    });
  }

  /** What a client would draw of its rooms. */
  drawn(client: SimClient, isSettled: boolean): void {
    const { own, cursor } = client.disk.held;
    const { oracle } = this.eras.get(bytesKey(cursor?.logId ?? own!.logId))!;
    checkDrawn(client.running!.store, oracle, own!.user, isSettled);
  }

  /** Somebody has seen a room up to an entry. */
  read(client: SimClient, room: TalkAudience, lsn: number): void {
    const { own, cursor } = client.disk.held;
    const era = this.eras.get(bytesKey(cursor?.logId ?? own!.logId));
    era!.facts.seen(own!.user, audienceKey(room), lsn);
  }

  #answer(client: SimClient, row: OutboxRow, answer: Answer): void {
    const id = bytesKey(row.id);
    const answered = this.#answered.get(client) ?? new Set();
    this.#answered.set(client, answered);
    assert(!answered.has(id), "answered twice");
    answered.add(id);
    const own = client.running!.store.own!;
    const era = this.eras.get(bytesKey(own.logId))!;
    assertEquals(answer.lsn, era.ids.get(id), "status ahead of the fact");
    const entry = era.oracle.entry(answer.lsn);
    const isRefused = entry.content?.kind === "refused";
    assertEquals(answer.kind === "refused", isRefused, "status other than the fact");
    this.trace.note(4, answer.lsn);
  }

  #entry(client: SimClient, { lsn }: Entry): void {
    const logId = bytesKey(client.running!.store.own!.logId);
    let shown = this.#shown.get(client);
    if (shown?.logId !== logId) shown = { lsns: new Set(), last: 0, logId };
    this.#shown.set(client, shown);
    assert(!shown.lsns.has(lsn), `shown twice: ${lsn}`);
    assert(lsn > shown.last, `shown out of order: ${lsn} after ${shown.last}`);
    shown.lsns.add(lsn);
    shown.last = lsn;
    this.trace.note(5, lsn);
  }
}

function textOf({ content }: Entry): string | undefined {
  return content?.kind === "message" ? content.text : content?.kind;
}
