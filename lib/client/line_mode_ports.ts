/**
 * What line mode needs of those around it.
 *
 * @module
 */

import type { SafeText } from "../safe_text.ts";
import type { Codes } from "./codes.ts";
import type { Party } from "./endings.ts";
import type { SharedLine } from "./shared_line.ts";
import type { View } from "./view.ts";

/** What line mode needs of a connection. */
export type Line = Pick<
  SharedLine,
  | "mailbox"
  | "submit"
  | "ask"
  | "watch"
  | "earlier"
  | "search"
  | "share"
  | "read"
  | "isOpen"
  | "unsent"
>;

/** What line mode needs of its shell. */
export interface LineModePorts {
  /** Where to ask and to send. */
  readonly line: Line;
  /** Makes the lines. */
  readonly view: View;
  /** Whom it is about, for messages. */
  readonly party: Party;
  /** Makes codes for devices, and invites. */
  readonly codes: Codes;
  /** Whether a person sits there: shows who comes and goes, and what was before one came. */
  readonly presence: boolean;
  /**
   * Prints lines.
   *
   * @param lines any number
   */
  print(lines: readonly SafeText[]): void;
  /**
   * Prints something about this program.
   *
   * @param line what to print
   */
  note(line: SafeText): void;
  /** Leaves, when the shell thinks fit. */
  quit(): void;
}
