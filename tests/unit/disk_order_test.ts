/**
 * The reader of strace's logs and the check of what is in them, on logs written here.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { encodeEntry, entryFrame } from "../../lib/log/entry.ts";
import { actionItem, encodePacket } from "../../lib/protocol/codec.ts";
import { acceptedRule, ackRule, checkDiskOrder, type OrderRule } from "../support/disk_order.ts";
import { readStrace } from "../support/strace_log.ts";

const tcp = "7<TCP:[127.0.0.1:7667->127.0.0.1:40000]>";
const otherTcp = "8<TCP:[127.0.0.1:7667->127.0.0.1:40001]>";
const epoch = new Uint8Array(16).fill(9);

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

function submit(n: number): Uint8Array {
  const action = actionItem({ action: "join", room: "dev" });
  return encodePacket("submit", { epoch, n, id: new Uint8Array(16), action });
}

function accepted(n: number, ...lsns: number[]): Uint8Array {
  return encodePacket("accepted", { epoch, n, lsns });
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

Deno.test("checkDiskOrder() lets pass what was synced between coming and being promised", () => {
  assertEquals(check([reads(submit(1)), synced, writes(accepted(1, 5))]), [1, []]);
  const run = [reads(submit(1)), reads(submit(2)), synced, writes(accepted(1, 5, 6))];
  assertEquals(check(run), [2, []]);
});

Deno.test("checkDiskOrder() finds a promise before the sync", () => {
  const swapped = [reads(submit(1)), writes(accepted(1, 5)), synced];
  assertEquals(check(swapped), [1, [late(2, 1, 1)]]);
  const second = [reads(submit(1)), synced, reads(submit(2)), writes(accepted(1, 5, 6)), synced];
  assertEquals(check(second), [2, [late(4, 2, 3)]]);
});

Deno.test("checkDiskOrder() finds a sync of something else, a failed one, and one too early", () => {
  const other = `11 fsync(${named("/data/identity.key")}) = 0`;
  const failed = `11 fsync(${wal}) = -1 EIO (Input/output error) (INJECTED)`;
  for (const wrong of [other, failed]) {
    assertEquals(check([reads(submit(1)), wrong, writes(accepted(1, 5))]), [1, [late(3, 1, 1)]]);
  }
  const before = [
    `11 fdatasync(${wal} <unfinished ...>`,
    reads(submit(1)),
    `11 <... fdatasync resumed>)              = 0`,
    writes(accepted(1, 5)),
  ];
  assertEquals(check(before), [1, [late(4, 1, 2)]], "begun before the submission came");
  const after = [
    reads(submit(1)),
    `11 fdatasync(${wal} <unfinished ...>`,
    writes(accepted(1, 5)),
    `11 <... fdatasync resumed>)              = 0`,
  ];
  assertEquals(check(after), [1, [late(3, 1, 1)]], "returned after the write");
});

Deno.test("checkDiskOrder() finds `accepted` for what never came on this connection", () => {
  const lines = [reads(submit(1), otherTcp), synced, writes(accepted(1, 5))];
  assertEquals(check(lines), [1, ["line 3: 1 is promised and not durable: it never came"]]);
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
  const entry = (lsn: number) => {
    const header = { lsn, prev: 0, timeMs: 1, audience: [0, 1], user: 2, device: 2 } as const;
    const row = { epoch: null, n: 0, id: null } as const;
    return entryFrame(encodeEntry({ ...header, ...row }, { kind: "joined" }));
  };
  const ack = (lsn: number) => encodePacket("ack", { lsn });
  const right = [reads(entry(7)), reads(entry(9)), synced, writes(ack(9))];
  assertEquals(check(right, ackRule), [2, []]);
  const wrong = [reads(entry(7)), synced, reads(entry(9)), writes(ack(7)), writes(ack(9)), synced];
  assertEquals(check(wrong, ackRule), [2, [late(5, 9, 3)]]);
});
