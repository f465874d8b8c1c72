/**
 * Things to put on a full screen in tests.
 *
 * @module
 */

import type { EntryContent } from "../../lib/log/entry_kinds.ts";
import type { ShownEntry } from "../../lib/client/events.ts";
import { emptyModel, type Item, type Model } from "../../lib/client/tui/model.ts";
import { safe } from "../../lib/safe_text.ts";

/** Noon of a day in UTC. */
const noonMs = Date.UTC(2026, 0, 2, 12, 0);

/** An entry of the lobby as the timeline has it, one minute after another. */
export function itemOf(lsn: number, user: string, content: EntryContent, dayCount = 0): Item {
  const timeMs = noonMs + dayCount * 86_400_000 + lsn * 60_000;
  const entry = { lsn, prev: 0, timeMs, audience: [0, 1], user: 2, content };
  const place = { kind: "room", name: "lobby" };
  const shown = { entry, user, own: user === "al", place, row: null, about: null, isHidden: false };
  return { kind: "entry", shown: shown as unknown as ShownEntry };
}

/** A message as the timeline has it. */
export function messageOf(
  lsn: number,
  user: string,
  text: string,
  act = false,
  dayCount = 0,
): Item {
  return itemOf(lsn, user, { kind: "message", text, act } as EntryContent, dayCount);
}

/** A room with all that a timeline can have. */
export function fullModel(): Model {
  const receipt = (lsn: number, recipients: number, delivered: number, read: number) =>
    [lsn, { lsn, recipients, delivered, read }] as const;
  return {
    ...emptyModel("al", "lobby"),
    link: "online",
    unsent: 1,
    rooms: [
      { key: "r1", to: "lobby", unread: 2, mentions: 0 },
      { key: "r2", to: "dev", unread: 120, mentions: 0 },
      { key: "r3", to: "a-room-with-a-very-long-name", unread: 3, mentions: 1 },
      { key: "d2-3", to: "@bob", unread: 1, mentions: 1 },
    ],
    items: [
      itemOf(1, "bob", { kind: "joined" } as EntryContent),
      messageOf(2, "al", "hello"),
      messageOf(3, "al", "has everybody got this?"),
      messageOf(4, "al", "and read?"),
      messageOf(5, "bob", "waves", true),
      messageOf(6, "漢字", "漢字 👩‍👧 e\u0301 hidden: \x1b[2J\u202e", false, 1),
      messageOf(
        7,
        "bob",
        "al: look at https://chat.example/a/very/long/path/that/does/not/end",
        false,
        1,
      ),
      itemOf(8, "bob", { kind: "left" } as EntryContent, 1),
      { kind: "note", line: safe`! not sent: there is no such room` },
      { kind: "pending", place: 1, text: "two\nlines" },
    ],
    readUpto: 5,
    receipts: new Map([receipt(2, 3, 1, 0), receipt(3, 3, 3, 0), receipt(4, 3, 3, 2)]),
    members: [
      { name: "al", present: true },
      { name: "zoe", present: false },
      { name: "bob", present: true },
    ],
    editor: { ...emptyModel("al", "lobby").editor, text: "typing 漢\nmore", cursor: 9 },
  };
}
