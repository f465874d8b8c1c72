import { assert, assertEquals, assertThrows } from "@std/assert";
import type { ClientEvent } from "../../lib/client/events.ts";
import type { Mailbox } from "../../lib/client/mailbox.ts";
import type { OutboxRow } from "../../lib/client/outbox_store.ts";
import { ProtocolError } from "../../lib/errors.ts";
import { type EntryHeader, itemsBytes, itemsEntry } from "../../lib/log/entry.ts";
import type { EntryContent } from "../../lib/log/entry_kinds.ts";
import { entryPacket, ownId, scriptedLogId } from "../support/scripted_server.ts";
import { memoryMailbox } from "../support/memory_mailbox.ts";

const own = { user: ownId, device: ownId, name: "alice", logId: scriptedLogId };
const digest = new Uint8Array(32).fill(7);
const message = { kind: "message", text: "hi", act: false } as const;

function opened(): Mailbox {
  const mailbox = memoryMailbox().mailbox;
  mailbox.welcome(own);
  return mailbox;
}

function put(
  mailbox: Mailbox,
  lsn: number,
  content: EntryContent = message,
  other: Partial<EntryHeader> = {},
  row: OutboxRow | null = null,
): ClientEvent[] {
  const { header, body } = entryPacket(lsn, content, other);
  return mailbox.entry(itemsEntry(header, body), itemsBytes(header, body), row);
}

function joinRow(room: string): OutboxRow {
  const action = { action: "join", room } as const;
  return { place: 1, epoch: new Uint8Array(16), n: 1, id: new Uint8Array(16), action };
}

/** The place and the user of the one entry to be shown. */
function shown(events: readonly ClientEvent[]): unknown[] {
  return events.flatMap((event) =>
    event.kind === "entry" ? [event.shown.place, event.shown.user, event.shown.own] : []
  );
}

Deno.test("Mailbox.entry() shows each lsn once, below the cursor and above it", () => {
  const mailbox = opened();
  assertEquals(put(mailbox, 5).length, 1);
  assertEquals(put(mailbox, 5), []);
  mailbox.upto({ lsn: 7, digest });
  assertEquals(put(mailbox, 5), []);
  assertEquals(put(mailbox, 7), [], "upto says that nothing below is missing");
  assertEquals(put(mailbox, 8).length, 1);
  mailbox.welcome(own);
  assertEquals(put(mailbox, 8), [], "it comes again after a reconnect");
  assertEquals(put(mailbox, 9).length, 1);
});

Deno.test("Mailbox.standing() moves with upto and nothing else", () => {
  const mailbox = opened();
  assertEquals(mailbox.standing(), { logId: null, cursor: 0, digest: null });
  put(mailbox, 5);
  assertEquals(mailbox.standing(), { logId: null, cursor: 0, digest: null });
  mailbox.upto({ lsn: 7, digest });
  put(mailbox, 8);
  assertEquals(mailbox.standing(), { logId: scriptedLogId, cursor: 7, digest });
  mailbox.upto({ lsn: 3, digest: new Uint8Array(32) });
  assertEquals(mailbox.standing().cursor, 7, "never back");
  assertEquals(mailbox.latest, 8);
});

Deno.test("Mailbox.upto() before a login is refused", () => {
  assertThrows(() => memoryMailbox().mailbox.upto({ lsn: 1, digest }), ProtocolError);
});

Deno.test("Mailbox.snapshot() with a reason drops what was held", () => {
  const mailbox = opened();
  mailbox.users({ users: [[3, "bob"]] });
  mailbox.room({ room: [0, 4], name: "dev", since: 4 });
  put(mailbox, 5);
  mailbox.upto({ lsn: 7, digest });
  put(mailbox, 8);
  assertEquals(mailbox.snapshot({ reason: 3, head: 6 }), [{ kind: "snapshot", reason: 3 }]);
  assertEquals(mailbox.standing(), { logId: null, cursor: 0, digest: null });
  assertEquals([mailbox.userName(3), mailbox.membership("dev")], ["user-3", null]);
  assertEquals(put(mailbox, 5).length, 1, "it is another log: everything is news");
  mailbox.upto({ lsn: 6, digest });
  assertEquals(mailbox.standing().cursor, 6);
});

Deno.test("Mailbox.snapshot() that was asked for shows nothing twice", () => {
  const mailbox = opened();
  mailbox.snapshot({ reason: 0, head: 9 });
  put(mailbox, 5);
  mailbox.welcome(own);
  mailbox.snapshot({ reason: 0, head: 9 });
  assertEquals(put(mailbox, 5), [], "the first snapshot was cut off after it");
  assertEquals(put(mailbox, 6).length, 1);
});

Deno.test("Mailbox.welcome() of another log forgets lsns that no cursor covers", () => {
  const mailbox = opened();
  put(mailbox, 5);
  mailbox.welcome({ ...own, logId: new Uint8Array(16) });
  assertEquals(put(mailbox, 5).length, 1);
});

Deno.test("Mailbox names users and rooms from snapshots and from entries", () => {
  const mailbox = opened();
  mailbox.snapshot({ reason: 0, head: 9 });
  mailbox.users({ users: [[2, "alice"], [3, "bob"]] });
  mailbox.room({ room: [0, 1], name: "lobby", since: 2 });
  mailbox.room({ room: [1, 2, 3], name: null, since: 4 });
  mailbox.upto({ lsn: 9, digest });
  assertEquals(shown(put(mailbox, 10)), [{ kind: "room", name: "lobby" }, "bob", false]);
  const direct = { audience: [1, 2, 3] } as const;
  assertEquals(shown(put(mailbox, 11, message, direct)), [
    { kind: "direct", other: "bob" },
    "bob",
    false,
  ]);
  const other = put(mailbox, 16, message, { audience: [1, 1, 2] });
  assertEquals(shown(other)[0], { kind: "direct", other: "user-1" }, "from either side");
  put(mailbox, 12, {
    kind: "registered",
    name: "carol",
    deviceKey: new Uint8Array(32),
    role: 0,
    invite: 0,
  }, {
    user: 12,
  });
  assertEquals(shown(put(mailbox, 13, message, { user: 12 }))[1], "carol");
  assertEquals(shown(put(mailbox, 14, message, { user: 99 }))[1], "user-99");
  const created = { user: 2, audience: [0, 15] } as const;
  assertEquals(shown(put(mailbox, 15, { kind: "created", name: "Dev", private: false }, created)), [
    { kind: "room", name: "Dev" },
    "alice",
    true,
  ]);
  assertEquals(mailbox.membership("dEV"), { room: [0, 15], name: "Dev" });
  assertEquals(mailbox.names().rooms, ["lobby", "Dev"]);
});

Deno.test("Mailbox names notes to oneself after oneself", () => {
  const mailbox = opened();
  mailbox.users({ users: [[2, "alice"]] });
  const toSelf = { audience: [1, 2, 2], user: 2 } as const;
  assertEquals(shown(put(mailbox, 10, message, toSelf))[0], { kind: "direct", other: "alice" });
});

Deno.test("Mailbox names a joined room after the outbox row that asked for it", () => {
  const mailbox = opened();
  const joined = { user: 2, audience: [0, 4] } as const;
  const events = put(mailbox, 10, { kind: "joined" }, joined, joinRow("dev"));
  assertEquals(shown(events)[0], { kind: "room", name: "dev" });
  assertEquals(mailbox.membership("dev")?.room, [0, 4]);
});

Deno.test("Mailbox asks for the name of a room that another device joined", () => {
  const mailbox = opened();
  const joined = { user: 2, audience: [0, 4] } as const;
  const events = put(mailbox, 10, { kind: "joined" }, joined);
  assertEquals(events.map(({ kind }) => kind), ["nameless", "entry"]);
  mailbox.learn([{ room: [0, 4], name: "dev", members: 2, member: true }]);
  assertEquals(mailbox.membership("dev")?.room, [0, 4]);
  assertEquals(shown(put(mailbox, 11, message, { audience: [0, 4] }))[0], {
    kind: "room",
    name: "dev",
  });
});

Deno.test("Mailbox.membership() ends with an own `left`, and not with another's", () => {
  const mailbox = opened();
  mailbox.room({ room: [0, 4], name: "dev", since: 4 });
  put(mailbox, 10, { kind: "left" }, { user: 3, audience: [0, 4] });
  assert(mailbox.membership("dev"));
  const events = put(mailbox, 11, { kind: "left" }, { user: 2, audience: [0, 4] });
  assertEquals(shown(events)[0], { kind: "room", name: "dev" });
  assertEquals(mailbox.membership("dev"), null);
});

Deno.test("Mailbox: entries of a snapshot change no membership, which is as of its head", () => {
  const mailbox = opened();
  mailbox.snapshot({ reason: 0, head: 9 });
  mailbox.room({ room: [0, 4], name: "dev", since: 8 });
  put(mailbox, 7, { kind: "left" }, { user: 2, audience: [0, 4] });
  assert(mailbox.membership("dev"));
});

Deno.test("Mailbox shows an entry that is meant for this device as its own", () => {
  const mailbox = opened();
  const events = put(mailbox, 7, { kind: "refused", code: 64 }, { user: 2, audience: [3, 2] });
  assertEquals(shown(events)[0], { kind: "own" });
});

Deno.test("Mailbox.entry() asks how a joined room is written, and takes that", () => {
  const mailbox = opened();
  const joined = { user: ownId, device: ownId, audience: [0, 7] } as const;
  const events = put(mailbox, 9, { kind: "joined" }, joined, joinRow("GARDEN"));
  assertEquals(events.map(({ kind }) => kind), ["nameless", "entry"]);
  assertEquals(mailbox.membership("garden")?.name, "GARDEN", "as typed, for now");
  mailbox.learn([{ room: [0, 7], name: "garden", members: 2, member: true }]);
  assertEquals(mailbox.membership("garden")?.name, "garden");
  put(mailbox, 10, { kind: "left" }, joined);
  const again = put(mailbox, 11, { kind: "joined" }, joined, joinRow("Garden"));
  assertEquals(again.map(({ kind }) => kind), ["entry"], "its name is known");
});
