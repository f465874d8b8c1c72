/**
 * Messages that were written here and have no place in the log so far. Pure.
 *
 * @module
 */

import { nameKey } from "../../protocol/names.ts";
import type { Answered, OutboxRow } from "../outbox_store.ts";
import type { Item } from "./model.ts";

interface Waiting {
  readonly to: string;
  readonly item: Item;
  /** Where it is in the log, once the server has said so; 0 before. */
  lsn: number;
}

/**
 * What waits: shown below the timeline from Enter on, until its entry comes or it is refused.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { OutboxRow } from "../outbox_store.ts";
 * import { Pending } from "./pending.ts";
 * const pending = new Pending();
 * const action = { action: "message", to: "dev", text: "hi", act: false } as const;
 * pending.submitted({ place: 1, action } as unknown as OutboxRow);
 * assertEquals([pending.of("Dev").length, pending.of("lobby").length], [1, 0]);
 * ```
 */
export class Pending {
  readonly #waiting = new Map<number, Waiting>();

  /**
   * Takes what was sent.
   *
   * @param row as it is in the outbox; what is no message is left out
   */
  submitted({ place, action }: OutboxRow): void {
    if (action.action !== "message") return;
    const item: Item = { kind: "pending", place, text: action.text };
    this.#waiting.set(place, { to: nameKey(action.to), item, lsn: 0 });
  }

  /**
   * Takes an answer.
   *
   * @param answered what to
   */
  answered({ row: { place }, answer }: Answered): void {
    const waiting = this.#waiting.get(place);
    if (answer.kind === "refused") this.#waiting.delete(place);
    else if (waiting) waiting.lsn = answer.lsn;
  }

  /**
   * Takes an own entry that has come.
   *
   * @param row what it was, where that is known
   * @param lsn its place
   */
  came(row: OutboxRow | null, lsn: number): void {
    if (row) this.#waiting.delete(row.place);
    for (const [place, waiting] of this.#waiting) {
      if (waiting.lsn === lsn) this.#waiting.delete(place);
    }
  }

  /** Everything comes anew, under other numbers. */
  forget(): void {
    this.#waiting.clear();
  }

  /**
   * Tells what waits in a room.
   *
   * @param to its name, or `@` and a user's
   * @returns in the order of sending; a new array that the caller owns
   */
  of(to: string): Item[] {
    const key = nameKey(to);
    return [...this.#waiting.values()].filter((one) => one.to === key).map(({ item }) => item);
  }
}
