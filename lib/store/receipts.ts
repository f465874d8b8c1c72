/**
 * Receipts: how far messages have come, reckoned from what devices and users say that they have.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { codes } from "../errors.ts";
import { limits } from "../limits.ts";
import { decodeEntry } from "../log/entry.ts";
import { entryKinds } from "../log/entry_kinds.ts";
import {
  holdingStates,
  type InfoPage,
  type Receipt,
  type ReceiptAsk,
  type ReceiptPage,
} from "../log/receipts.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";
import { HoldingReader, holds, type Person, wasMember } from "./holdings.ts";
import { SinceReader } from "./since.ts";

const sql = {
  entry: "SELECT audience, header FROM log WHERE lsn = ?",
  shares: "SELECT 1 FROM sharing WHERE user = ?",
  name: "SELECT name FROM users WHERE id = ?",
} as const;

/**
 * Answers about receipts; each answer sees what is committed when it is asked.
 *
 * What holds: nothing is counted that a device did not say itself that it stored.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ReceiptBook } from "./receipts.ts";
 * import { openMemoryStore } from "./sqlite_log.ts";
 * const store = openMemoryStore();
 * const book = new ReceiptBook(store.database);
 * assertEquals(book.receipts([{ user: 2, lsn: 1 }]), { receipts: [], rest: [] });
 * store.close();
 * ```
 * @see docs/PROTOCOL.md, section "Receipts"
 */
export class ReceiptBook {
  readonly #statements: Statements<keyof typeof sql>;
  readonly #holdings: HoldingReader;
  readonly #since: SinceReader;

  /**
   * Prepares the statements.
   *
   * @param database an open store, on a connection that may be read-only; stays the caller's
   */
  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database, sql);
    this.#holdings = new HoldingReader(database);
    this.#since = new SinceReader(database);
  }

  /**
   * Reckons receipts room by room, until it has looked at `receiptRowsMax` members.
   *
   * @param asks whose message, and which
   * @returns receipts of own messages, and what is still to be asked; both the caller's
   */
  receipts(asks: readonly ReceiptAsk[]): ReceiptPage {
    const receipts: Receipt[] = [];
    const rest: ReceiptAsk[] = [];
    let rows = 0;
    for (const [audience, group] of this.#grouped(asks)) {
      if (rows >= limits.receiptRowsMax) {
        rest.push(...group);
        continue;
      }
      const lsns = group.map(({ lsn }) => lsn);
      const people = this.#holdings.people(audience, Math.min(...lsns), Math.max(...lsns));
      for (const ask of group) receipts.push(this.#receipt(ask, audience, people));
      rows += people.length;
    }
    return { receipts, rest };
  }

  /**
   * Tells who has an own message, and since when.
   *
   * @param user who asks
   * @param lsn the message's
   * @returns at most `listPageMax` recipients, or a code; the caller's
   */
  info(user: number, lsn: number): InfoPage {
    const audience = this.#audience({ user, lsn });
    if (audience === null) return { code: codes.notOwn, states: [] };
    const shares = this.#shares(user);
    const all = this.#holdings.people(audience, lsn, lsn)
      .filter((person) => isRecipient(person, { user, lsn }))
      .map((person) => ({ user: person.user, state: stateOf(person, lsn, shares) }))
      .sort((a, b) => b.state - a.state || a.user - b.user)
      .slice(0, limits.listPageMax);
    const states = all.map(({ user, state }) => {
      const since = this.#since.user(user, audience, lsn);
      const name = (this.#statements.name.get(user) as { name: string } | undefined)?.name ?? "";
      return [user, name, state, since === null || since.before ? 0 : since.timeMs] as const;
    });
    return { code: 0, states };
  }

  #receipt(ask: ReceiptAsk, audience: string, people: readonly Person[]): Receipt {
    const { user, lsn } = ask;
    const shares = this.#shares(user);
    let [recipients, delivered, read] = [0, 0, 0];
    for (const person of people) {
      if (!isRecipient(person, ask)) continue;
      recipients++;
      const state = stateOf(person, lsn, shares);
      if (state >= holdingStates.delivered) delivered++;
      if (state >= holdingStates.read) read++;
    }
    return { user, lsn, audience, recipients, delivered, read };
  }

  #grouped(asks: readonly ReceiptAsk[]): Map<string, ReceiptAsk[]> {
    const groups = new Map<string, ReceiptAsk[]>();
    for (const ask of asks) {
      const audience = this.#audience(ask);
      if (audience === null) continue;
      const group = groups.get(audience);
      if (group) group.push(ask);
      else groups.set(audience, [ask]);
    }
    return groups;
  }

  /** The room or direct of somebody's own message; null for anything else. */
  #audience({ user, lsn }: ReceiptAsk): string | null {
    const row = this.#statements.entry.get(lsn) as unknown as
      | { audience: string; header: Uint8Array }
      | undefined;
    if (!row) return null;
    const entry = decodeEntry({ header: row.header, body: null });
    const isOwn = entry.user === user && entry.kindNumber === entryKinds.message.kind;
    return isOwn ? row.audience : null;
  }

  #shares(user: number): boolean {
    return this.#statements.shares.get(user) !== undefined;
  }
}

function isRecipient(person: Person, { user, lsn }: ReceiptAsk): boolean {
  return person.user !== user && wasMember(person, lsn);
}

/** Who has seen a message has it: a mark alone, from a device that lost its disk, is not enough. */
function stateOf(person: Person, lsn: number, shares: boolean): number {
  if (!holds(person, lsn)) return holdingStates.notYet;
  return shares && person.seen >= lsn ? holdingStates.read : holdingStates.delivered;
}
