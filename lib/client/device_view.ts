/**
 * Devices, and links that let somebody in, in words.
 *
 * @module
 */

import { explain } from "../errors.ts";
import { qrRows } from "../identity/qr.ts";
import { joinSafe, safe, type SafeText, safeText, styled } from "../safe_text.ts";
import type { MadeLink } from "./codes.ts";
import type { ShownDevice } from "./events.ts";

/**
 * Tells a device in one line.
 *
 * @param device as the server told it
 * @param when writes a time
 * @returns the line
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { safe } from "../safe_text.ts";
 * import { deviceLine } from "./device_view.ts";
 * const device = { device: 7, addedMs: 1, seenMs: 0, shut: 0, connected: true, own: true };
 * assertEquals(String(deviceLine(device, () => safe`12:05`)), "  device 7: this one, here now, added 12:05");
 * ```
 */
export function deviceLine(
  { device, addedMs, seenMs, shut, connected, own }: ShownDevice,
  when: (timeMs: number) => SafeText,
): SafeText {
  const seen = seenMs === 0 ? safe`never heard of` : safe`last heard of ${when(seenMs)}`;
  const parts = [
    ...(own ? [safe`this one`] : []),
    connected ? safe`here now` : seen,
    safe`added ${when(addedMs)}`,
    ...(shut === 0 ? [] : [safe`not let in: ${safeText(explain(shut))}`]),
  ];
  return safe`  device ${device}: ${joinSafe(parts, ", ")}`;
}

/**
 * Tells a link, and what it is for.
 *
 * @param made the link; it counts
 * @param until when it counts no more, in words
 * @returns what it is for, and the command that uses it
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { safe } from "../safe_text.ts";
 * import { linkLines } from "./device_view.ts";
 * const made = { lets: "device", link: "parley://…", expiresMs: 5 } as const;
 * assertEquals(String(linkLines(made, safe`12:15`)[1]), "  parley join 'parley://…'");
 * ```
 */
export function linkLines({ lets, link }: MadeLink, until: SafeText): [SafeText, SafeText] {
  const what = lets === "device"
    ? safe`  On your other device, type this until ${until}. Who has it instead of you, is you there:`
    : safe`  Who has this invite comes in, until ${until}. Hand it on as you would a key:`;
  return [what, safe`  parley join '${safeText(link)}'`];
}

/** A terminal's size. */
export interface CellRoom {
  /** Cells in a row. */
  readonly columns: number;
  /** Rows. */
  readonly rows: number;
}

/**
 * Draws a link for the other device's camera.
 *
 * @param link the link
 * @param room of the terminal; null where there is none
 * @param color whether to use colours
 * @returns rows; none where there is no room for all of them
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { drawnLink } from "./device_view.ts";
 * assertEquals(drawnLink("parley://…", null, true), []);
 * ```
 */
export function drawnLink(link: string, room: CellRoom | null, color: boolean): SafeText[] {
  if (room === null) return [];
  const rows = qrRows(link);
  // What it is for, the link itself and the input stay on the screen with it.
  const fits = rows[0]!.length <= room.columns && rows.length + 4 <= room.rows;
  return fits ? rows.map((row) => styled("code", safeText(row), color)) : [];
}
