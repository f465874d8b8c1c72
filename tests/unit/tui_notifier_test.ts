/**
 * Calling a person by the terminal.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Notifier, type NotifyWay } from "../../lib/client/tui/notifier.ts";
import { hostileText } from "../fuzz/hostile_text.ts";
import { SeededRandom } from "../support/random.ts";

function calling(way: NotifyWay) {
  const sent: string[] = [];
  return { sent, notifier: new Notifier(way, (sequence) => void sent.push(sequence)) };
}

Deno.test("Notifier calls in each way, once a second", () => {
  const notice = { from: "bob", to: "dev", text: "al; look" };
  const sentBy = (way: NotifyWay) => {
    const { sent, notifier } = calling(way);
    for (let times = 0; times < 3; times++) notifier.called(notice);
    notifier.secondPassed();
    notifier.called({ ...notice, to: "@bob" });
    return sent;
  };
  assertEquals(sentBy("never"), []);
  assertEquals(sentBy("bell"), ["\x07", "\x07"]);
  assertEquals(sentBy("osc9"), ["\x1b]9;dev: bob: al; look\x07", "\x1b]9;bob: al; look\x07"]);
  assertEquals(sentBy("osc777"), [
    "\x1b]777;notify;dev: bob;al, look\x07",
    "\x1b]777;notify;bob;al, look\x07",
  ]);
});

Deno.test("Notifier sends nothing of another's text that acts on a terminal", () => {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
  console.log(`seed ${seed}`);
  const random = new SeededRandom(seed);
  for (let at = 0; at < 2_000; at++) {
    const [from, to, text] = [0, 1, 2].map(() => hostileText(random, 12));
    const { sent, notifier } = calling(at % 2 ? "osc9" : "osc777");
    notifier.called({ from: from!, to: to!, text: text! });
    const [sequence = ""] = sent;
    assert(sequence.startsWith("\x1b]") && sequence.endsWith("\x07"));
    // deno-lint-ignore no-control-regex
    assert(!/[\0-\x1f\x7f-\x9f]/.test(sequence.slice(2, -1)), JSON.stringify(sequence));
  }
});
