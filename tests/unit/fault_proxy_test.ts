/**
 * The bad network does what it is there for, and no more than that.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { assert, assertEquals } from "@std/assert";
import { type Fault, FaultPlan, faults } from "../support/fault_plan.ts";
import { FaultProxy } from "../support/fault_proxy.ts";
import { permittedTest } from "../support/permitted.ts";
import { SeededRandom } from "../support/random.ts";

const chunks = Array.from({ length: 40 }, (_, at) => new SeededRandom(at).bytes(2_000));

/** What passes of 80,000 bytes, and whether the connection was cut; and in how many pieces. */
function pass(fault: Fault, seed: number, direction: "up" | "down" = "up") {
  const plan = new FaultPlan(new SeededRandom(seed), fault);
  const pieces: Uint8Array[] = [];
  for (const chunk of chunks) {
    for (const step of plan.steps(direction, chunk)) {
      if (step === "cut") return { bytes: concat(pieces), isCut: true, pieces: pieces.length };
      pieces.push(step.bytes);
    }
  }
  return { bytes: concat(pieces), isCut: false, pieces: pieces.length };
}

const whole = concat(chunks);
const seeds = Array.from({ length: 20 }, (_, seed) => seed);

Deno.test("FaultPlan.steps() changes no byte and no order, whatever the fault", () => {
  for (const fault of faults) {
    for (const seed of seeds) {
      const { bytes } = pass(fault, seed);
      assertEquals(bytes, whole.subarray(0, bytes.length), `${fault} ${seed}`);
    }
  }
});

Deno.test("FaultPlan.steps() loses only where it is to lose", () => {
  for (const seed of seeds) {
    for (const fault of ["none", "split", "delay", "trickle", "silenceDown"] as const) {
      const { bytes, isCut } = pass(fault, seed);
      assertEquals([bytes.length, isCut], [whole.length, false], `${fault} ${seed}`);
    }
    for (const fault of ["cut", "silenceUp", "hang"] as const) {
      const { bytes, isCut } = pass(fault, seed);
      assert(bytes.length < whole.length, `${fault} ${seed}`);
      assertEquals(isCut, fault === "cut");
    }
    assertEquals(pass("silenceUp", seed, "down").bytes.length, whole.length);
    assert(pass("silenceDown", seed, "down").bytes.length < whole.length);
  }
  assert(pass("split", 1).pieces > chunks.length);
  assert(pass("trickle", 1).pieces > chunks.length);
});

Deno.test("FaultPlan is the same for the same seed", () => {
  for (const seed of seeds) {
    const [one, other] = [0, 1].map(() => new FaultPlan(new SeededRandom(seed)));
    assertEquals(one!.fault, other!.fault);
    assertEquals(one!.steps("up", chunks[0]!), other!.steps("up", chunks[0]!));
  }
});

permittedTest("FaultProxy.heal() passes all on, both ways", ["net"], async () => {
  using echo = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    const conn = await echo.accept();
    await conn.readable.pipeTo(conn.writable);
  })();
  const proxy = new FaultProxy((echo.addr as Deno.NetAddr).port, 1);
  proxy.heal();
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: proxy.port });
  const sent = whole.subarray(0, 50_000);
  for (let at = 0; at < sent.length;) at += await conn.write(sent.subarray(at));
  const parts: Uint8Array[] = [];
  for (let left = sent.length; left > 0;) {
    const buffer = new Uint8Array(left);
    const count = await conn.read(buffer);
    if (count === null) break;
    parts.push(buffer.subarray(0, count));
    left -= count;
  }
  assertEquals(concat(parts), sent);
  conn.close();
  await serving.catch(() => {});
  assertEquals(proxy.faulty, 0);
  proxy.close();
});
