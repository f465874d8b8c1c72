/**
 * The reader of strace's logs and the check of what is in them, on logs written here.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { encodeEntry, entryFrame, type EntryHeader } from "../../lib/log/entry.ts";
import { actionItem, encodePacket } from "../../lib/protocol/codec.ts";
import {
  acceptedRule,
  ackRule,
  checkDiskOrder,
  type OrderRule,
  submitRule,
} from "../support/disk_order.ts";
import { readStrace } from "../support/strace_log.ts";

const tcp = "7<TCP:[127.0.0.1:7667->127.0.0.1:40000]>";
const otherTcp = "8<TCP:[127.0.0.1:7667->127.0.0.1:40001]>";
const epoch = new Uint8Array(16).fill(9);
const noRow = { epoch: null, n: 0, id: null };

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

function named(path: string): string {
  return `5<${hex(new TextEncoder().encode(path))}>`;
}

function reads(bytes: Uint8Array, link = tcp): string {
  return `10 recvfrom(${link}, "${hex(bytes)}", 65536, 0, NULL, NULL) = ${bytes.length}`;
}

function writes(bytes: Uint8Array, count = bytes.length, link = tcp): string {
  const said = `"${hex(bytes)}", ${bytes.length}, MSG_NOSIGNAL, NULL, 0) = ${count}`;
  return `10 sendto(${link}, ${said}`;
}

const wal = named("/data/parley.db-wal");
const synced = `11 fsync(${wal}) = 0`;

function id(n: number): Uint8Array {
  return new Uint8Array(16).fill(n);
}

/** A page with these rows in it, and others. */
function stores(...ns: number[]): string {
  const page = [7, 1, 2, ...ns.flatMap((n) => [0, ...id(n)]), 7];
  return `11 pwrite64(${wal}, "${
    hex(Uint8Array.from(page))
  }", ${page.length}, 56) = ${page.length}`;
}

function submit(n: number): Uint8Array {
  const action = actionItem({ action: "join", room: "dev" });
  return encodePacket("submit", { epoch, n, id: id(n), action });
}

function accepted(n: number, ...lsns: number[]): Uint8Array {
  return encodePacket("accepted", { epoch, n, lsns });
}

function entry(lsn: number, row: Pick<EntryHeader, "epoch" | "n" | "id"> = noRow): Uint8Array {
  const header = { lsn, prev: 0, timeMs: 1, audience: [0, 1], user: 2, device: 2 } as const;
  return entryFrame(encodeEntry({ ...header, ...row }, { kind: "joined" }));
}

function check(lines: string[], rule: OrderRule = acceptedRule) {
  const { promises, findings } = checkDiskOrder(
    readStrace(lines.join("\n")),
    rule,
    (path) => path === "/data/parley.db-wal",
  );
  return [promises, findings.map((finding) => finding.replace(/[0-9a-f]{32}\//, ""))];
}

const late = (line: number, n: number, came: number) =>
  `line ${line}: ${n} is promised and not durable; it came in line ${came}`;

Deno.test("checkDiskOrder() lets pass what was written and synced before it was promised", () => {
  assertEquals(check([reads(submit(1)), stores(1), synced, writes(accepted(1, 5))]), [1, []]);
  const run = [reads(submit(1)), reads(submit(2)), stores(1, 2), synced];
  assertEquals(check([...run, writes(accepted(1, 5, 6))]), [2, []]);
});

Deno.test("checkDiskOrder() finds a promise before the sync, or before the write", () => {
  const [came, answer] = [reads(submit(1)), writes(accepted(1, 5))];
  assertEquals(check([came, stores(1), answer, synced]), [1, [late(3, 1, 1)]]);
  assertEquals(check([came, answer, stores(1), synced]), [1, [late(2, 1, 1)]]);
  assertEquals(check([came, synced, stores(1), answer]), [1, [late(4, 1, 1)]]);
  assertEquals(check([stores(1), came, synced, answer]), [1, [late(4, 1, 2)]]);
});

Deno.test("checkDiskOrder() finds a row that is not in the batch that was synced", () => {
  const both = [reads(submit(1)), reads(submit(2)), stores(1), synced];
  assertEquals(check([...both, writes(accepted(1, 5, 6)), stores(2), synced]), [2, [
    late(5, 2, 2),
  ]]);
});

Deno.test("checkDiskOrder() finds a sync of something else, a failed one, and one too early", () => {
  const other = `11 fsync(${named("/data/identity.key")}) = 0`;
  const failed = `11 fsync(${wal}) = -1 EIO (Input/output error) (INJECTED)`;
  for (const wrong of [other, failed]) {
    const lines = [reads(submit(1)), stores(1), wrong, writes(accepted(1, 5))];
    assertEquals(check(lines), [1, [late(4, 1, 1)]]);
  }
  const begun = `12 fdatasync(${wal} <unfinished ...>`;
  const returned = `12 <... fdatasync resumed>)              = 0`;
  const [came, answer] = [reads(submit(1)), writes(accepted(1, 5))];
  assertEquals(check([came, stores(1), begun, returned, answer]), [1, []]);
  assertEquals(check([came, begun, stores(1), returned, answer]), [1, [late(5, 1, 1)]]);
  assertEquals(check([came, stores(1), begun, answer, returned]), [1, [late(4, 1, 1)]]);
});

Deno.test("checkDiskOrder() finds an answer to what never came", () => {
  const lines = [reads(submit(2)), stores(1, 2), synced, writes(accepted(1, 5))];
  assertEquals(check(lines), [1, ["line 4: 1 is promised and not durable: it never came"]]);
});

Deno.test("checkDiskOrder() finds a refusal, and an entry to anybody, before the sync", () => {
  const refused = encodePacket("refused", { epoch, n: 1, lsn: 5, code: 64 });
  const begun = [reads(submit(1)), stores(1)];
  assertEquals(check([...begun, writes(refused), synced]), [1, [late(3, 1, 1)]]);
  const given = writes(entry(5, { epoch, n: 1, id: id(1) }), undefined, otherTcp);
  assertEquals(check([...begun, given, synced, writes(accepted(1, 5))]), [1, [late(3, 1, 1)]]);
  assertEquals(check([...begun, synced, given, writes(accepted(1, 5))]), [1, []]);
  assertEquals(check([given]), [0, []], "an entry from before");
});

Deno.test("checkDiskOrder() reads packets that were split, joined and written in parts", () => {
  const both = new Uint8Array([...submit(1), ...submit(2)]);
  const answer = accepted(1, 5, 6);
  assertEquals(
    check([
      reads(both.subarray(0, 3)),
      `10 recvfrom(${tcp}, "", 65536, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)`,
      `12 recvfrom(${tcp},  <unfinished ...>`,
      `10 read(${named("/etc/hosts")}, "", 9) = 0`,
      `12 <... recvfrom resumed>"${hex(both.subarray(3))}", 65536, 0, NULL, NULL) = ${
        both.length - 3
      }`,
      stores(1, 2),
      synced,
      writes(answer, 10),
      `10 sendto(${tcp}, "${hex(answer.subarray(10))}", 99, MSG_NOSIGNAL, NULL, 0 <unfinished ...>`,
      "13 +++ exited with 0 +++",
      `10 <... sendto resumed>) = ${answer.length - 10}`,
    ]),
    [2, []],
  );
});

Deno.test("readStrace() refuses calls that it can't read", () => {
  const line = `10 writev(${tcp}, [{iov_base="\\x00", iov_len=1}], 1) = 1`;
  assertThrows(() => readStrace(line), Error, "writev on a connection");
  assertThrows(() => readStrace(writes(submit(1), 500)), Error, "cut off");
});

Deno.test("checkDiskOrder() with ackRule finds an acknowledgement before the sync", () => {
  const ack = (lsn: number) => writes(encodePacket("ack", { lsn }));
  const given = (lsn: number) => reads(entry(lsn, { epoch, n: lsn, id: id(lsn) }));
  const right = [given(7), given(9), stores(7, 9), synced, ack(9)];
  assertEquals(check(right, ackRule), [2, []]);
  const again = [...right, given(9), given(10), stores(10), synced, ack(10)];
  assertEquals(check(again, ackRule), [3, []], "what is durable may come again");
  const wrong = [given(7), stores(7), synced, given(9), ack(7), ack(9), stores(9), synced];
  assertEquals(check(wrong, ackRule), [2, [late(6, 9, 4)]]);
  const unmarked = [reads(entry(7)), synced, ack(7), reads(entry(8)), ack(8), synced];
  assertEquals(check(unmarked, ackRule), [2, [late(5, 8, 4)]]);
});

Deno.test("checkDiskOrder() with submitRule finds a row that goes out before the sync", () => {
  const [first, second] = [writes(submit(1)), writes(submit(2))];
  const early = (line: number, n: number) =>
    `line ${line}: ${`0${n}`.repeat(16)} is promised and not durable`;
  const checkRows = (lines: string[]) => check(lines, submitRule);
  assertEquals(checkRows([stores(1), synced, first, stores(2), synced, second]), [2, []]);
  assertEquals(checkRows([stores(1, 2), synced, first, second, first]), [2, []], "a repeat");
  assertEquals(checkRows([stores(1), first, synced]), [1, [early(2, 1)]]);
  assertEquals(checkRows([first, stores(1), synced]), [1, [early(1, 1)]]);
  assertEquals(checkRows([synced, stores(1), first]), [1, [early(3, 1)]]);
  assertEquals(checkRows([stores(1), synced, first, second, stores(2), synced]), [2, [
    early(4, 2),
  ]]);
});
