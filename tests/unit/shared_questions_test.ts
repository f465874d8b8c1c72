import { assertEquals } from "@std/assert";
import { QuestionStore } from "../../lib/client/question_store.ts";
import { type Program, sharedTest, startHolder } from "../support/shared_program.ts";

const rooms = { kind: "rooms", rooms: [] } as const;
const membersOf = (room: string) => ({ kind: "members", room, code: 0, members: [] } as const);

const query = { terms: [{ words: ["a", "b"], prefix: false }], from: "", in: "" };
const search = {
  kind: "search",
  query: { ...query, sinceMs: 0, untilMs: 0 },
  countMax: 5,
} as const;

/** What a program was told of answers. */
function told({ events }: Program): string[] {
  return events.flatMap((event) => {
    if (event.kind === "members") return `members ${event.room}`;
    if (event.kind === "found") return `found ${event.countMax}`;
    return event.kind === "rooms" || event.kind === "past" || event.kind === "unanswered"
      ? event.kind
      : [];
  });
}

/** Questions that are in the mailbox. */
function left({ database }: Program): number {
  return (database.prepare("SELECT count(*) AS left FROM questions").get() as { left: number })
    .left;
}

sharedTest("who comes second asks through the first, and alone is told", async (start) => {
  const first = startHolder(start);
  const second = start();
  second.line.ask({ kind: "members", room: "dev" });
  second.line.ask({ kind: "history", room: [0, 1], before: 9 });
  assertEquals([second.line.unasked, first.asked], [2, []]);
  await first.look();
  await first.look();
  assertEquals(first.asked, [
    { kind: "members", room: "dev" },
    { kind: "history", room: [0, 1], before: 9 },
  ]);
  first.tell(membersOf("Dev"));
  await second.look();
  assertEquals([told(second), second.line.unasked], [["members Dev"], 1]);
  first.tell({ kind: "past", room: [0, 1], code: 0 });
  await second.look();
  await second.look();
  assertEquals(told(second), ["members Dev", "past"]);
  second.line.ask(search);
  await first.look();
  first.tell({ ...search, kind: "found", countMax: 4, entries: [], more: true });
  first.tell({ ...search, kind: "found", entries: [], more: true });
  await second.look();
  await second.look();
  assertEquals(told(second), ["members Dev", "past", "found 5"]);
  assertEquals([told(first), second.line.unasked, left(second)], [[], 0, 0]);
});

sharedTest("who asks the same is told the same, each once", async (start) => {
  const first = startHolder(start);
  const [second, third] = [start(), start()];
  for (const { line } of [second, third, first, first]) line.ask({ kind: "rooms" });
  await first.look();
  first.tell(rooms);
  for (const one of [second, third]) await one.look();
  assertEquals([told(first), told(second), told(third)], [["rooms"], ["rooms"], ["rooms"]]);
  first.tell(rooms);
  for (const one of [second, third]) await one.look();
  assertEquals([told(first), told(second), told(third)], [["rooms"], ["rooms"], ["rooms"]]);
  first.line.ask({ kind: "members", room: "dev" });
  first.line.ask({ kind: "members", room: "dev" });
  first.tell(membersOf("dev"));
  first.tell(membersOf("dev"));
  assertEquals(told(first).slice(1), ["members dev", "members dev"]);
});

sharedTest("without a connection who asks is told so, then and later", async (start) => {
  const first = startHolder(start);
  const second = start();
  const lost = { kind: "lost", why: "nobody listens", pauseMs: 1 } as never;
  second.line.ask({ kind: "rooms" });
  await first.look();
  first.tell(lost);
  await second.look();
  assertEquals([told(second), first.asked.length], [["unanswered"], 1]);
  second.line.ask({ kind: "rooms" });
  await first.look();
  await second.look();
  assertEquals([told(second), first.asked.length], [["unanswered", "unanswered"], 1]);
  first.tell({ kind: "open" });
  second.line.ask({ kind: "rooms" });
  await first.look();
  first.tell(rooms);
  await second.look();
  assertEquals(told(second), ["unanswered", "unanswered", "rooms"]);
});

sharedTest("who takes over asks what was left, its own and others'", async (start, lock) => {
  const first = startHolder(start);
  const [second, third] = [start(), start()];
  second.line.ask({ kind: "members", room: "own" });
  third.line.ask({ kind: "members", room: "other" });
  await first.line.stop();
  lock.holder = null;
  await second.look();
  assertEquals(second.asked.map((query) => "room" in query && query.room), ["own", "other"]);
  second.tell(membersOf("own"));
  second.tell(membersOf("other"));
  await third.look();
  assertEquals([told(second), told(third)], [["members own"], ["members other"]]);
  assertEquals(left(second), 0);
});

sharedTest("of another log nothing is answered by the lsns of before", async (start) => {
  const first = startHolder(start);
  const second = start();
  second.line.ask({ kind: "history", room: [0, 1], before: 9 });
  second.line.ask({ kind: "rooms" });
  await first.look();
  first.tell({ kind: "snapshot", reason: 2 });
  first.tell(rooms);
  await second.look();
  assertEquals(told(second), ["unanswered", "rooms"]);
});

sharedTest("who ends takes its questions along, and no more than 64 are kept", async (start) => {
  const first = startHolder(start);
  const second = start();
  second.line.ask({ kind: "rooms" });
  await second.line.stop();
  assertEquals(left(first), 0);
  const store = new QuestionStore(first.database, first.store.batch);
  for (let at = 0; at < 70; at++) store.leave({ kind: "rooms" });
  first.store.batch.commit();
  assertEquals(left(first), 64);
});
