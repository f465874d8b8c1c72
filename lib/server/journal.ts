/**
 * The server's journal: one line an event, for the operator and for machines.
 *
 * @module
 */

import { safeText } from "../safe_text.ts";
import type { Clock } from "../seams.ts";

/** The values of an event. */
export type JournalFields = Readonly<Record<string, string | number>>;

/** Takes events. */
export type Journal = (event: string, fields?: JournalFields) => void;

/**
 * Makes a journal of lines such as `2026-01-31T12:00:00.000Z closing code=tooSlow user=7`.
 *
 * @param clock tells the time
 * @param write is given each line, without newline
 * @returns the journal
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { makeJournal } from "./journal.ts";
 * const lines: string[] = [];
 * const journal = makeJournal({ wallMs: () => 0, monotonicMs: () => 0 }, (line) => lines.push(line));
 * journal("closing", { code: "tooSlow", detail: "two words" });
 * assertEquals(lines, ['1970-01-01T00:00:00.000Z closing code=tooSlow detail="two words"']);
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export function makeJournal(clock: Clock, write: (line: string) => void): Journal {
  return (event, fields = {}) => {
    const time = new Date(clock.wallMs()).toISOString();
    const parts = Object.entries(fields).map(([name, value]) => `${name}=${quoted(value)}`);
    write([time, event, ...parts].join(" "));
  };
}

function quoted(value: string | number): string {
  const text = safeText(String(value));
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
