/**
 * The operator's answers as lines for people.
 *
 * @module
 */

import type { AuditLine } from "../log/audit.ts";
import type { Undelivered } from "../log/receipts.ts";
import { type SafeText, safeText } from "../safe_text.ts";
import type { AdminLine, AdminRecipient, TraceHead } from "./admin_lines.ts";

/**
 * Writes an answer as people read it. What other people wrote, names too, is made harmless.
 *
 * @param lines an answer, in order
 * @returns lines of text, owned by the caller
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { answerText } from "./admin_tables.ts";
 * assertEquals(answerText([{ end: { more: 0, whole: true } }]), ["nothing"]);
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export function answerText(lines: readonly AdminLine[]): SafeText[] {
  const rows: string[][] = [];
  const text: string[] = [];
  for (const line of lines) {
    if ("trace" in line) text.push(...headText(line.trace));
    else if ("recipient" in line) rows.push(...recipientRows(line.recipient));
    else if ("undelivered" in line) rows.push(undeliveredRow(line.undelivered));
    else if ("audit" in line) text.push(auditText(line.audit));
    else if ("invite" in line) text.push(`invite ${line.invite.lsn}`);
    else if ("error" in line) text.push(safeText(line.error));
    else text.push(...table(rows.splice(0)), ...endText(line.end));
  }
  return (text.length > 0 ? text : ["nothing"]).map((line) => safeText(line));
}

const recipientHead = ["USER", "DEVICE", "HAS IT", "NOW", "CURSOR", "LAST SAID"];
const undeliveredHead = ["LSN", "TIME", "WHERE", "FROM", "MISSING"];

function headText({ lsn, kind, audience, timeMs, sender }: TraceHead): string[] {
  const from = sender === "" ? "the server" : safeText(sender);
  return [`${lsn}: ${safeText(kind)} in ${safeText(audience)} from ${from} at ${time(timeMs)}`];
}

function recipientRows({ name, devices }: AdminRecipient): string[][] {
  if (devices.length === 0) return [[safeText(name), "none", "no", "", "", ""]];
  return devices.map(({ device, holds, heldMs, before, connected, cursor, cursorMs }) => [
    safeText(name),
    String(device),
    holds ? `${before ? "before" : "since"} ${time(heldMs ?? 0)}` : "no",
    connected ? "connected" : "away",
    String(cursor),
    cursorMs === 0 ? "never" : time(cursorMs),
  ]);
}

function undeliveredRow(found: Undelivered): string[] {
  const { lsn, timeMs, audience, sender, missing, more } = found;
  const names = missing.map((name) => safeText(name)).join(", ");
  const rest = more > 0 ? ` and ${more} more` : "";
  return [String(lsn), time(timeMs), safeText(audience), safeText(sender), names + rest];
}

function auditText(line: AuditLine): string {
  const { lsn, timeMs, what, actor, whom, room, more, reason } = line;
  const parts = [
    ...[String(lsn), time(timeMs), actor === "" ? "the server" : safeText(actor), what],
    ...(whom === "" || whom === actor ? [] : [safeText(whom)]),
    ...(room === "" ? [] : [`in ${safeText(room)}`]),
    ...(more === "" ? [] : [`(${more})`]),
  ];
  return reason === "" ? parts.join(" ") : `${parts.join(" ")}: ${safeText(reason)}`;
}

/** Whose rows have as many columns, and which, tells what they are about. */
function table(rows: readonly string[][]): string[] {
  if (rows.length === 0) return [];
  const all = [rows[0]!.length === recipientHead.length ? recipientHead : undeliveredHead, ...rows];
  const widths = all[0]!.map((_, at) => Math.max(...all.map((row) => row[at]!.length)));
  return all.map((row) => row.map((cell, at) => cell.padEnd(widths[at]!)).join("  ").trimEnd());
}

function endText({ more, whole }: { more: number; whole: boolean }): string[] {
  const least = whole ? "" : "at least ";
  const counted = more > 0 ? [`and ${least}${more} more`] : [];
  return whole
    ? counted
    : [...counted, "the search took too long: what is older was not looked at"];
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
