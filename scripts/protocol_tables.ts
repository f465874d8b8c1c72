/**
 * The tables of docs/PROTOCOL.md, from the code that they are about. As a script it says whether
 * they agree; with `--write` it makes them agree.
 *
 * `deno run --allow-read=docs --allow-write=docs scripts/protocol_tables.ts --write`
 *
 * @module
 */

import { codes, explain } from "../lib/errors.ts";
import { limits } from "../lib/limits.ts";
import { entryKinds, type EntrySpec } from "../lib/log/entry_kinds.ts";
import { actions, type ActionSpec } from "../lib/protocol/actions.ts";
import type { Field } from "../lib/protocol/fields.ts";
import { eitherSide, packets, type PacketSpec } from "../lib/protocol/packets.ts";
import type { Vector } from "../tests/support/vectors.ts";
import exampleJson from "../tests/vectors/example.json" with { type: "json" };

type Row = readonly string[];

/** The bounds that a client must know, and what they are for it. */
const clientLimits: Readonly<Partial<Record<keyof typeof limits, string>>> = {
  frameBytesMax: "bytes of a frame's payload",
  frameBytesMaxBeforeLogin: "bytes of a payload that the server takes before `welcome`",
  textBytesMax: "UTF-8 bytes of a message's text",
  nameLengthMax: "characters of a name",
  windowCountMax: "submissions of a device that may be open",
  windowBytesMax: "bytes of the frames of a device's open submissions",
  creditEntriesMax: "entries that may be on the way without an acknowledgement",
  creditBytesMax: "bytes of `entry` frames that may be on the way without an acknowledgement",
  ackEntries: "entries after which a device acknowledges at the latest",
  ackBytes: "bytes of `entry` frames after which a device acknowledges at the latest",
  ackDelayMs: "ms after which a device acknowledges at the latest",
  ackGapTlsMs: "ms between two acknowledgements of a few entries under TLS; advice",
  ackFewEntries: "entries from which on `ackDelayMs` is soon enough under TLS too; advice",
  snapshotEntriesPerRoom: "entries of each room in a snapshot, at most",
  listPageMax: "users or rooms in one packet",
  historyEntriesMax: "entries in one `past`",
  receiptsMax: "lsns in one `receipts` or `follow`, and messages that a connection follows",
  ownDirectsMax: "own directs of a connection whose receipts are told without asking",
  marksMs: "ms by which a receipt is late, at most, while the server keeps up",
  storedRangesMax: "ranges of one room or direct that are kept of what a device `stored`",
  cursorStepsMax: "steps of a device's cursor that are kept, to tell since when",
  watchRoomsMax: "rooms in one `watch`",
  presenceMembersMax: "members above which `presence` names nobody",
  tickMs: "ms between two `presence` of a room, and between two live `upto`, at least",
  tlsHandshakeMs: "ms from connecting to the end of the TLS handshake",
  loginMs: "ms from connecting, under TLS from the end of its handshake, to `resume`",
  frameMs: "ms for the rest of a frame that has begun",
  pingAfterMs: "ms without a byte from the client after which the server sends `ping`",
  deadAfterMs: "ms without a byte from the client after which the server closes: `noAnswer`",
  stallMs: "ms that a device may owe an acknowledgement without progress: then `tooSlow`",
  lingerMs: "ms between the last packet and the end of the connection, at most",
  connectionsPerUserMax: "devices of one user that may be connected",
  connectionsMax: "devices that may be connected",
  strangersMax: "connections that have not logged in",
  strangersPerAddressMax: "of these, of one IPv4 address or IPv6 /64",
  loginFailuresMax: "failed logins of one address a minute, before nobody new may come in there",
  messagesBurst: "submissions that a user may send at once before the rate counts",
  messagesPerSecond: "submissions of a user a second, of all devices together",
  historyPerSecond: "`history` of a connection, at once and then a second",
};

/**
 * Renders a table the way in which `deno fmt` leaves it.
 *
 * @param head the columns' names
 * @param rows a cell for each column
 * @returns lines of Markdown, without an end of line at the end
 */
export function renderTable(head: Row, rows: readonly Row[]): string {
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at]!.length), 3));
  const line = (row: Row) => `| ${row.map((cell, at) => cell.padEnd(widths[at]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

function fieldRows(name: string, fields: Readonly<Record<string, Field<unknown>>>): Row[] {
  const rows = Object.entries(fields);
  if (rows.length === 0) return [[`\`${name}\``, "", "no fields", ""]];
  return rows.map(([field, { says }], at) => [
    at === 0 ? `\`${name}\`` : "",
    String(at + 1),
    `\`${field}\``,
    says,
  ]);
}

function sender(name: string, { from }: PacketSpec): string {
  return eitherSide.has(name) ? "either" : from;
}

/** Every generated part of docs/PROTOCOL.md, by the name in its marker. */
export const tables: Readonly<Record<string, () => string>> = {
  packets: () =>
    renderTable(
      ["kind", "packet", "from", "what it says"],
      Object.entries<PacketSpec>(packets).map(([name, spec]) => [
        ...[String(spec.kind), `\`${name}\``, sender(name, spec), spec.says],
      ]),
    ),
  "packet fields": () =>
    renderTable(
      ["packet", "place", "field", "type"],
      Object.entries<PacketSpec>(packets).flatMap(([name, { fields }]) => fieldRows(name, fields)),
    ),
  actions: () =>
    renderTable(
      ["kind", "action", "what it does"],
      Object.entries<ActionSpec>(actions).map(([name, { kind, says }]) => [
        ...[String(kind), `\`${name}\``, says],
      ]),
    ),
  "action fields": () =>
    renderTable(
      ["action", "place", "field", "type"],
      Object.entries<ActionSpec>(actions).flatMap(([name, { fields }]) => fieldRows(name, fields)),
    ),
  entries: () =>
    renderTable(
      ["kind", "entry", "what it says"],
      Object.entries<EntrySpec>(entryKinds).map(([name, { kind, says }]) => [
        ...[String(kind), `\`${name}\``, says],
      ]),
    ),
  "entry bodies": () =>
    renderTable(
      ["entry", "place", "field", "type"],
      Object.entries<EntrySpec>(entryKinds).flatMap(([name, { body }]) =>
        fieldRows(name, body).map(([entry, place, field, type]) => [
          // A body has no kind in its first place: it starts at 0.
          ...[entry!, place === "" ? "" : String(Number(place) - 1), field!, type!],
        ])
      ),
    ),
  errors: () =>
    renderTable(
      ["code", "name", "what happened"],
      Object.entries(codes).map(([name, code]) => [String(code), `\`${name}\``, explain(code)]),
    ),
  limits: () =>
    renderTable(
      ["name", "value", "what it bounds"],
      Object.entries(clientLimits).map(([name, says]) => [
        ...[`\`${name}\``, limits[name as keyof typeof limits].toLocaleString("en"), says],
      ]),
    ),
  example: () => (exampleJson as unknown as readonly Vector[]).map(renderExample).join("\n\n"),
};

function renderExample({ name, from, hex, fields }: Vector, at: number): string {
  const { packet: _, ...rest } = fields!;
  const lines = Object.entries(rest).map(([field, value]) => `${field} = ${diagnostic(value)}`);
  return [
    `${at + 1}. \`${name}\`, from the ${from}:`,
    ["```text", hex, "", ...lines, "```"].join("\n"),
  ].join("\n\n");
}

function diagnostic(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(diagnostic).join(", ")}]`;
  if (typeof value === "object" && value !== null) return `h'${(value as { hex: string }).hex}'`;
  return JSON.stringify(value);
}

/**
 * Puts the tables where their markers are.
 *
 * @param text the document, with `<!-- table: NAME -->` and `<!-- end -->` around each table
 * @returns the document with every table as the code has it
 * @throws {RangeError} for a marker that names no table, and for a table without a marker
 */
export function withTables(text: string): string {
  const missing = new Set(Object.keys(tables));
  const pattern = /<!-- table: (.+?) -->\n[^]*?<!-- end -->/g;
  const result = text.replace(pattern, (_, name: string) => {
    const table = tables[name];
    if (!table) throw new RangeError(`no table is called ${name}`);
    missing.delete(name);
    return `<!-- table: ${name} -->\n\n${table()}\n\n<!-- end -->`;
  });
  if (missing.size > 0) throw new RangeError(`no marker for ${[...missing].join(", ")}`);
  return result;
}

if (import.meta.main) {
  const path = new URL("../docs/PROTOCOL.md", import.meta.url);
  const before = Deno.readTextFileSync(path);
  const after = withTables(before);
  if (before === after) console.log("docs/PROTOCOL.md agrees with the code");
  else if (Deno.args.includes("--write")) Deno.writeTextFileSync(path, after);
  else {
    console.error("docs/PROTOCOL.md differs from the code: run this with --write");
    Deno.exit(1);
  }
}
