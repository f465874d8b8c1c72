/**
 * `parley tail --since`: what was written since a moment, in order, before what comes. No IO.
 *
 * @module
 */

import { keyAudience } from "../protocol/audience.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import type { ClientEvent, ShownEntry } from "./events.ts";
import { LookBack, type LookBackPorts } from "./look_back.ts";
import type { MailboxStore } from "./mailbox_store.ts";

/** Rooms and directs that are looked through: those in which something was last. */
const audiencesMax = 100;
/** Entries of one room or direct. */
const entriesMax = 10_000;

/** What looking back to a moment needs. */
export interface SincePorts extends LookBackPorts {
  /** The mailbox. */
  readonly store: Pick<MailboxStore, "before" | "audiences">;
  /** A room's name, or `@` and a user's; undefined for everything. */
  readonly wanted: string | undefined;
  /** From when on; milliseconds since 1970-01-01 UTC. */
  readonly sinceMs: number;
  /**
   * Shows an entry.
   *
   * @param shown the entry and its names
   */
  show(shown: ShownEntry): void;
  /**
   * Says something that is in no script's way.
   *
   * @param line what to say
   */
  note(line: SafeText): void;
}

/**
 * Holds back what comes until what was before it is there, then lets each entry pass once.
 *
 * @example
 * ```ts ignore
 * const since = new Since({ line, store, wanted: "lobby", sinceMs, show, note });
 * since.event(event);
 * ```
 */
export class Since {
  readonly #ports: SincePorts;
  #backs: LookBack[] | null = null;
  #isOver = false;
  readonly #held: ShownEntry[] = [];
  readonly #shown = new Set<number>();

  /**
   * Starts with nothing asked.
   *
   * @param ports what it needs
   */
  constructor(ports: SincePorts) {
    this.#ports = ports;
  }

  /**
   * Takes an entry that has come.
   *
   * @param shown one that is wanted
   */
  entry(shown: ShownEntry): void {
    if (shown.entry.timeMs < this.#ports.sinceMs) return;
    if (!this.#isOver) this.#held.push(shown);
    else if (!this.#shown.has(shown.entry.lsn)) this.#ports.show(shown);
  }

  /**
   * Takes what came of the connection, besides entries.
   *
   * @param event the next one
   */
  event(event: ClientEvent): void {
    if (this.#isOver) return;
    switch (event.kind) {
      case "caughtUp":
        if (!this.#backs) this.#begin();
        return;
      case "past":
        for (const back of this.#backs ?? []) back.past(event.room, event.code);
        return this.#look();
      case "snapshot":
        if (event.reason !== 0) this.#shown.clear();
        return;
      case "lost":
      case "unanswered":
        return this.#giveUp();
    }
  }

  #begin(): void {
    this.#backs = this.#make();
    for (const back of this.#backs) back.beginHere();
    this.#look();
  }

  #make(): LookBack[] {
    const { wanted, store, line, sinceMs } = this.#ports;
    const room = wanted === undefined ? null : line.mailbox.audienceOf(wanted);
    const all = wanted === undefined
      ? store.audiences(audiencesMax).filter((key) => /^[rd]/.test(key)).map(keyAudience)
      : room
      ? [room]
      : [];
    return all.map((room) => new LookBack(this.#ports, { room, sinceMs, countMax: entriesMax }));
  }

  /** There is no connection: what the mailbox holds is shown, and the rest when it comes. */
  #giveUp(): void {
    this.#backs ??= this.#make();
    for (const back of this.#backs) back.giveUp();
    this.#ports.note(safe`what the server has besides is not shown: parley history asks for it`);
    this.#look();
  }

  #look(): void {
    const backs = this.#backs;
    if (!backs || backs.some(({ state }) => state === "asking")) return;
    this.#isOver = true;
    for (const back of backs) {
      if (back.entries.length < entriesMax) continue;
      this.#ports.note(safe`of one room only the last ${safeText(String(entriesMax))} are shown`);
    }
    const all = [...backs.flatMap((back) => back.entries), ...this.#held.splice(0)];
    for (const shown of all.sort((a, b) => a.entry.lsn - b.entry.lsn)) {
      if (this.#shown.has(shown.entry.lsn)) continue;
      this.#shown.add(shown.entry.lsn);
      this.#ports.show(shown);
    }
  }
}
