import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes/concat";
import { codes } from "../../lib/errors.ts";
import { FrameDecoder } from "../../lib/framing.ts";
import { Answers } from "../../lib/hub/answers.ts";
import { limits } from "../../lib/limits.ts";
import { decodePacket, encodePacket, type Packet } from "../../lib/protocol/codec.ts";

const epoch = new Uint8Array(16).fill(1);
const other = new Uint8Array(16).fill(2);

function accept(answers: Answers, n: number, lsn = 100 + n, of = epoch): void {
  answers.outcome(of.slice(), n, { outcome: "accepted", lsn });
}

function taken(answers: Answers): Packet[] {
  return new FrameDecoder(limits.frameBytesMax).push(concat(answers.take()))
    .map((payload) => decodePacket(payload, "server"));
}

/** For each `accepted` its first number and its lsns; for others the packet's name. */
function told(answers: Answers): unknown[] {
  return taken(answers).map((packet) =>
    packet.packet === "accepted" ? [packet.n, packet.lsns] : packet.packet
  );
}

Deno.test("Answers.take() gives nothing where nothing waits", () => {
  const answers = new Answers();
  assertEquals([answers.empty, answers.bytes, answers.take()], [true, 0, []]);
});

Deno.test("Answers.outcome() makes one packet of a run of accepted", () => {
  const answers = new Answers();
  for (const n of [7, 8, 9]) accept(answers, n);
  assertEquals(answers.empty, false);
  assertEquals(taken(answers), [{ packet: "accepted", epoch, n: 7, lsns: [107, 108, 109] }]);
  assertEquals([answers.empty, answers.bytes, answers.take()], [true, 0, []]);
});

Deno.test("Answers.outcome() begins another run where numbers or epochs don't go on", () => {
  const answers = new Answers();
  accept(answers, 1);
  accept(answers, 3);
  accept(answers, 3);
  accept(answers, 4);
  accept(answers, 5, 9, other);
  accept(answers, 6, 10, other);
  assertEquals(told(answers), [[1, [101]], [3, [103]], [3, [103, 104]], [5, [9, 10]]]);
});

Deno.test("Answers.outcome() makes no run longer than the packet may be", () => {
  const answers = new Answers();
  for (let n = 1; n <= limits.windowCountMax + 1; n++) accept(answers, n);
  const lengths = taken(answers).map((packet) =>
    packet.packet === "accepted" && packet.lsns.length
  );
  assertEquals(lengths, [limits.windowCountMax, 1]);
});

Deno.test("Answers.outcome() keeps the order of what is said", () => {
  const answers = new Answers();
  accept(answers, 1);
  answers.add(encodePacket("pong", { token: 5 }));
  accept(answers, 2);
  answers.outcome(epoch, 3, { outcome: "refused", lsn: 9, code: codes.noRoom });
  accept(answers, 4);
  answers.outcome(epoch, 9, { outcome: "later", code: codes.gap, last: 4 });
  accept(answers, 5);
  const names = ["accepted", "pong", "accepted", "refused", "accepted", "later", "accepted"];
  assertEquals(taken(answers).map(({ packet }) => packet), names as Packet["packet"][]);
});

Deno.test("Answers.outcome() says all of a refusal", () => {
  const answers = new Answers();
  answers.outcome(epoch, 3, { outcome: "refused", lsn: 9, code: codes.noRoom });
  answers.outcome(other, 5, { outcome: "later", code: codes.gap, last: 2 });
  assertEquals(taken(answers), [
    { packet: "refused", epoch, n: 3, lsn: 9, code: codes.noRoom },
    { packet: "later", epoch: other, n: 5, code: codes.gap, last: 2 },
  ]);
});

Deno.test("Answers.bytes counts the frames that wait", () => {
  const answers = new Answers();
  const pong = encodePacket("pong", { token: 5 });
  answers.add(pong);
  answers.add(pong);
  assertEquals(answers.bytes, 2 * pong.length);
  accept(answers, 1);
  answers.add(pong);
  const accepted = encodePacket("accepted", { epoch, n: 1, lsns: [101] });
  assertEquals(answers.bytes, 3 * pong.length + accepted.length);
  assertEquals(concat(answers.take()).length, 3 * pong.length + accepted.length);
  assertEquals(answers.bytes, 0);
});

Deno.test("Answers.take() hands its frames over: what comes later is not among them", () => {
  const answers = new Answers();
  accept(answers, 1);
  const frames = answers.take();
  accept(answers, 2);
  assertEquals(frames.length, 1);
  assertEquals(told(answers), [[2, [102]]], "a run that was taken doesn't go on");
});
