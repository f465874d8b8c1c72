/**
 * What the full screen needs of those around it.
 *
 * @module
 */

import type { Codes } from "../codes.ts";
import type { DraftStore } from "../draft_store.ts";
import type { Party } from "../endings.ts";
import type { Line } from "../line_mode_ports.ts";
import type { MailboxStore } from "../mailbox_store.ts";
import type { ReceiptStore } from "../receipt_store.ts";
import type { SeenRooms } from "../seen_rooms.ts";
import type { Notice } from "./notifier.ts";
import type { ScreenLook } from "./timeline.ts";

/** What the full screen needs. */
export interface FullModePorts {
  /** Where to ask and to send. */
  readonly line: Line;
  /** What is drawn. */
  readonly store: MailboxStore;
  /** How far own messages had come. */
  readonly receiptStore: Pick<ReceiptStore, "get">;
  /** Up to where was looked. */
  readonly seen: SeenRooms;
  /** What was typed before, and is kept. */
  readonly drafts: DraftStore;
  /** Whom it is about. */
  readonly party: Party;
  /** Makes codes for devices, and invites. */
  readonly codes: Codes;
  /** How it looks. */
  readonly look: ScreenLook;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly nowMs: number;
  /** There is something to draw. */
  changed(): void;
  /** Everything is to be drawn anew. */
  repaint(): void;
  /** Rings: what was wanted can't be. */
  bell(): void;
  /**
   * A message has come that means this user.
   *
   * @param notice it
   */
  called(notice: Notice): void;
  /** Leaves, when the shell thinks fit. */
  quit(): void;
}
