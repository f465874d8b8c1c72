/**
 * A client's disk: the real mailbox in a database in memory, which outlives its processes. What is
 * not committed is lost with a process.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { Mailbox } from "../../lib/client/mailbox.ts";
import {
  type Cursor,
  MailboxStore,
  type OpenMailbox,
  openMemoryMailbox,
  type Own,
} from "../../lib/client/mailbox_store.ts";
import { Outbox } from "../../lib/client/outbox.ts";
import { type OutboxRow, OutboxStore } from "../../lib/client/outbox_store.ts";
import { ReceiptStore } from "../../lib/client/receipt_store.ts";
import { Receipts } from "../../lib/client/receipts.ts";
import { decodeEntry, type Entry, type EntryBytes } from "../../lib/log/entry.ts";
import type { Random } from "../../lib/seams.ts";
import { Batch, WriteError } from "../../lib/sqlite/batch.ts";
import { bytesKey } from "./clock.ts";

/** What is durable on a client's disk, as the checks look at it. */
export interface Held {
  readonly epoch: Uint8Array | null;
  readonly nextN: number;
  /** Those without an answer. */
  readonly rows: readonly OutboxRow[];
  readonly own: Own | null;
  readonly cursor: Cursor | null;
  /** Ascending. */
  readonly entries: readonly Entry[];
  /** Those of them that came with a page of history, by lsn. */
  readonly past: ReadonlySet<number>;
  /** Those of them that came since the last look. */
  readonly fresh: readonly Entry[];
  /** The lsn of the snapshot that `entries` began with. */
  readonly floor: number;
  /** How many snapshots there were. */
  readonly snapshots: number;
}

/** A copy of a disk, for putting it back later. */
export interface DiskCopy {
  readonly held: Held;
  readonly tables: ReadonlyMap<string, readonly Record<string, unknown>[]>;
}

const nothing: Held = {
  epoch: null,
  nextN: 1,
  rows: [],
  own: null,
  cursor: null,
  entries: [],
  past: new Set(),
  fresh: [],
  floor: 0,
  snapshots: 0,
};

/** More than a world ever asks for. */
const rowsMax = 100_000;

/** Commits, and says so; a killed process's commits nothing any more. */
export class SimBatch extends Batch {
  isDead = false;
  #onCommit: () => void;

  constructor(database: OpenMailbox["database"], onCommit: () => void) {
    super(database);
    this.#onCommit = onCommit;
  }

  override write<T>(work: () => T): T {
    // What a killed process still has in its loop never happened.
    if (this.isDead) throw new WriteError("the process was killed");
    return super.write(work);
  }

  override commit(): void {
    if (this.isDead || !this.isOpen) return;
    super.commit();
    this.#onCommit();
  }
}

/** Notes where a snapshot ends: what is held before it says nothing about what comes. */
class SimStore extends MailboxStore {
  #inSnapshot = this.cursor === null;
  /** The head of a snapshot that ended since the last look; null for none. */
  ended: number | null = null;

  override setCursor(cursor: Cursor | null): void {
    if (cursor && this.#inSnapshot) this.ended = cursor.lsn;
    this.#inSnapshot = cursor === null;
    super.setCursor(cursor);
  }
}

/** What a running client has of its disk. */
export interface Running {
  readonly store: MailboxStore;
  readonly mailbox: Mailbox;
  readonly outbox: Outbox;
  readonly receipts: Receipts;
  readonly batch: SimBatch;
}

/** What a client holds durably. */
export class ClientDisk {
  /** Every row that was ever durable here, as `rowKey` writes it. */
  readonly known = new Set<string>();
  readonly #open = openMemoryMailbox();
  #held: Held = nothing;
  #rowsKey = "";
  #entryCount = 0;
  #arrival = 0;
  #batch: SimBatch | null = null;
  #reading: { readonly store: SimStore; readonly outboxStore: OutboxStore } | null = null;
  readonly #size = this.#open.database.prepare(
    "SELECT count(*) AS count, max(arrival) AS last FROM entries",
  );
  readonly #rowsSize = this.#open.database.prepare(
    `SELECT (SELECT count(*) FROM outbox WHERE lsn IS NULL), (SELECT max(place) FROM outbox),
      (SELECT hex(epoch) FROM epoch)`,
  );
  readonly #arrived = this.#open.database.prepare(
    "SELECT live, header, body FROM entries WHERE arrival > ? ORDER BY arrival",
  );
  #watcher: (before: Held, after: Held) => void = () => {};

  /** What is durable. */
  get held(): Held {
    return this.#held;
  }

  /** A process starts on it. */
  run(random: Random, watcher: (before: Held, after: Held) => void): Running {
    this.#watcher = watcher;
    const batch = this.#batch = new SimBatch(this.#open.database, () => this.#committed());
    const { database, close } = this.#open;
    const open = { database, close, batch };
    const store = new SimStore(open);
    const outboxStore = new OutboxStore(database, batch, random);
    this.#reading = { store, outboxStore };
    const outbox = new Outbox(outboxStore);
    batch.commit();
    const receipts = new Receipts(new ReceiptStore(database, batch), (lsn) => store.has(lsn));
    return { store, mailbox: new Mailbox(store), outbox, receipts, batch };
  }

  /** The process was killed. */
  lose(): void {
    this.#batch?.drop();
    if (this.#batch) this.#batch.isDead = true;
    this.#batch = null;
  }

  /** Copies what is durable, while nothing is being written. */
  copy(): DiskCopy {
    const { database } = this.#open;
    const names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    const tables = new Map(names.map(({ name }) => {
      const table = String(name);
      return [table, database.prepare(`SELECT * FROM ${table}`).all()];
    }));
    return { held: this.#held, tables };
  }

  /** Puts an older copy in its place. */
  restore({ held, tables }: DiskCopy): void {
    const { database } = this.#open;
    database.exec("BEGIN");
    for (const [table, rows] of tables) {
      database.exec(`DELETE FROM ${table}`);
      for (const row of rows) {
        const columns = Object.keys(row);
        const places = columns.map(() => "?").join();
        database.prepare(`INSERT INTO ${table} (${columns.join()}) VALUES (${places})`)
          .run(...Object.values(row) as (string | number | Uint8Array | null)[]);
      }
    }
    database.exec("COMMIT");
    this.#held = held;
    this.#rowsKey = "";
    this.#entryCount = held.entries.length;
    this.#arrival = this.#entriesSize().last;
  }

  #committed(): void {
    const before = this.#held;
    const { store, outboxStore } = this.#reading!;
    const rowsKey = Object.values(this.#rowsSize.get()!).join();
    const rows = rowsKey === this.#rowsKey ? before.rows : this.#rows(outboxStore, before.rows);
    this.#rowsKey = rowsKey;
    const cursor = same(before.cursor, store.cursor);
    const floor = store.ended;
    store.ended = null;
    this.#held = {
      ...outboxStore.epoch(),
      rows,
      own: store.own,
      cursor,
      ...this.#entries(before),
      floor: floor ?? before.floor,
      snapshots: before.snapshots + (floor === null ? 0 : 1),
    };
    this.#watcher(before, this.#held);
  }

  /** Most often a row is new behind those that are there: only it is read. */
  #rows(outboxStore: OutboxStore, before: readonly OutboxRow[]): readonly OutboxRow[] {
    const { epoch } = outboxStore.epoch();
    const last = before.at(-1);
    const fresh = last && equals(last.epoch, epoch)
      ? outboxStore.openAfter(last.place, rowsMax)
      : [];
    const isMore = fresh.length > 0 && outboxStore.unanswered === before.length + fresh.length;
    const rows = isMore ? [...before, ...fresh] : outboxStore.openAfter(0, rowsMax);
    for (const row of isMore ? fresh : rows) this.known.add(rowKey(row));
    return rows;
  }

  #entriesSize(): { count: number; last: number } {
    const { count, last } = this.#size.get() as { count: number; last: number | null };
    return { count, last: last ?? 0 };
  }

  #entries(held: Held): Pick<Held, "entries" | "past" | "fresh"> {
    const { entries: before, past } = held;
    const { count, last } = this.#entriesSize();
    if (count === this.#entryCount && last === this.#arrival) {
      return { entries: before, past, fresh: [] };
    }
    const arrived = this.#after(this.#arrival);
    const isMore = count === this.#entryCount + arrived.entries.length;
    const { entries: fresh, past: freshPast } = isMore ? arrived : this.#after(0);
    this.#entryCount = count;
    this.#arrival = last;
    const entries = isMore ? [...before, ...fresh] : [...fresh];
    const isSorted = isMore &&
      fresh.every(({ lsn }, at) => lsn > ((at === 0 ? before.at(-1) : fresh[at - 1])?.lsn ?? 0));
    return {
      entries: isSorted ? entries : entries.sort((a, b) => a.lsn - b.lsn),
      past: isMore && freshPast.length === 0
        ? past
        : new Set([...isMore ? past : [], ...freshPast]),
      fresh,
    };
  }

  #after(arrival: number): { readonly entries: Entry[]; readonly past: number[] } {
    const rows = this.#arrived.all(arrival) as unknown as (EntryBytes & { live: number })[];
    const all = rows.map(({ live, header, body }) => ({
      isLive: live === 1,
      entry: decodeEntry({ header, body }),
    }));
    const past = all.filter(({ isLive }) => !isLive).map(({ entry: { lsn } }) => lsn);
    return { entries: all.map(({ entry }) => entry), past };
  }
}

function same(before: Cursor | null, after: Cursor | null): Cursor | null {
  const isSame = before && after && before.lsn === after.lsn &&
    equals(before.logId, after.logId) && equals(before.digest, after.digest);
  return isSame ? before : after;
}

/** @returns what tells a row, its place included, from all others */
export function rowKey({ epoch, n, id }: Pick<OutboxRow, "epoch" | "n" | "id">): string {
  return `${bytesKey(epoch)} ${n} ${bytesKey(id)}`;
}
