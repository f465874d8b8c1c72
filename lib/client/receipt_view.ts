/**
 * How far this user's latest messages have come, for the prompt and for `/info`. Pure.
 *
 * @module
 */

import { nameKey } from "../protocol/names.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import type { RecipientState, ShownEntry } from "./events.ts";
import type { Receipt } from "./receipt_store.ts";

/** Own messages that are looked after: about as many as fit a screen. */
const latestMax = 20;

interface Own {
  readonly lsn: number;
  readonly text: string;
  /** The room that it was written in; empty for a direct. */
  readonly room: string;
  /** Whom a direct went to; null for a room. */
  readonly other: string | null;
  receipt: Receipt | null;
}

/**
 * Looks after the latest own messages that were shown.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ReceiptView } from "./receipt_view.ts";
 * const view = new ReceiptView();
 * assertEquals([view.state("lobby"), view.open(), view.latest(1)], [null, [], null]);
 * ```
 */
export class ReceiptView {
  #latest: Own[] = [];

  /**
   * Takes an entry that is shown.
   *
   * @param shown the entry and its names
   */
  entry({ entry: { lsn, content }, own, place }: ShownEntry): void {
    if (!own || content?.kind !== "message") return;
    const other = place.kind === "direct" ? place.other : null;
    const room = place.kind === "room" ? place.name : "";
    const { text } = content;
    this.#latest = [...this.#latest, { lsn, text, room, other, receipt: null }].slice(-latestMax);
  }

  /**
   * Takes a receipt.
   *
   * @param receipt as the server told it
   */
  receipt(receipt: Receipt): void {
    const found = this.#latest.find(({ lsn }) => lsn === receipt.lsn);
    if (found) found.receipt = receipt;
  }

  /** Another log: its lsns mean other messages. */
  forget(): void {
    this.#latest = [];
  }

  /**
   * Tells which of them may still come further.
   *
   * @returns their lsns, owned by the caller
   */
  open(): number[] {
    return this.#latest
      .filter(({ receipt }) => receipt === null || receipt.read < receipt.recipients)
      .map(({ lsn }) => lsn);
  }

  /**
   * Finds an own message.
   *
   * @param back 1 for the latest, 2 for the one before …
   * @returns its lsn, or null
   */
  latest(back: number): number | null {
    return this.#latest.at(-back)?.lsn ?? null;
  }

  /**
   * Tells what an own message says.
   *
   * @param lsn the message's
   * @returns its text, not safe; empty for one that is no longer looked after
   */
  textOf(lsn: number): string {
    return this.#latest.find((one) => one.lsn === lsn)?.text ?? "";
  }

  /**
   * Tells how far the latest one has come.
   *
   * @param current the room at hand
   * @returns words for the prompt; null where there is nothing to tell, as of another room
   */
  state(current: string): SafeText | null {
    const { room = "", other = null, receipt = null } = this.#latest.at(-1) ?? {};
    if (receipt === null || receipt.recipients === 0) return null;
    if (other === null && nameKey(room) !== nameKey(current)) return null;
    if (other !== null) {
      const who = safeText(other);
      if (receipt.read > 0) return safe`${who} has read it`;
      return receipt.delivered > 0 ? safe`${who} has it` : safe`not at ${who} yet`;
    }
    const { recipients, delivered, read } = receipt;
    if (read > 0) return safe`${read} of ${recipients} have read it`;
    return safe`${delivered} of ${recipients} have it`;
  }
}

/**
 * Tells who has a message, and since when.
 *
 * @param states of each recipient
 * @param when writes a time, in milliseconds since 1970-01-01 UTC
 * @returns a line for each
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { infoLines } from "./receipt_view.ts";
 * const states = [{ name: "bob", state: "delivered", sinceMs: 0 }] as const;
 * assertEquals(infoLines(states, String).map(String), ["  bob: has it"]);
 * ```
 */
export function infoLines(
  states: readonly RecipientState[],
  when: (timeMs: number) => string,
): SafeText[] {
  if (states.length === 0) return [safe`  it was meant for nobody else`];
  return states.map(({ name, state, sinceMs }) => {
    const words = {
      sent: safe`does not have it yet`,
      delivered: safe`has it`,
      read: safe`has read it`,
    };
    const said = safe`  ${safeText(name)}: ${words[state]}`;
    return sinceMs === 0 ? said : safe`${said}, since ${safeText(when(sinceMs))}`;
  });
}
