import { assertEquals } from "@std/assert";
import type { ClientEvent } from "../../lib/client/events.ts";
import { LineStatus } from "../../lib/client/line_status.ts";

Deno.test("LineStatus says once that the server can't write, until it answers", () => {
  const notes: string[] = [];
  const party = { server: "chat:7667", name: "al", folder: "data" };
  const status = new LineStatus(party, (line) => notes.push(line));
  const answer = { kind: "accepted", lsn: 7 } as const;
  const answered = { kind: "answered", answered: { answer } } as unknown as ClientEvent;
  for (let at = 0; at < 3; at++) status.event({ kind: "delayed" });
  assertEquals(notes, [
    "! the server can't write for now: what you send is kept, and goes out when it can",
  ]);
  status.event(answered);
  status.event({ kind: "delayed" });
  assertEquals(notes.length, 2);
});
