import { assertEquals, assertNotEquals } from "@std/assert";
import type { Certificate } from "../../lib/identity/certificate.ts";
import { makeCertificate } from "../../lib/identity/own_certificate.ts";
import { limits } from "../../lib/limits.ts";
import { systemRandom } from "../../lib/seams.ts";
import { CertificateKeeper } from "../../lib/server/certificate_keeper.ts";
import { ManualTimers } from "../support/fake_socket.ts";

const dayMs = 86_400_000;
const dueDays = limits.certificateDays - limits.certificateRenewDays;

/** A keeper whose clock a test sets, and who is told each time something happens. */
async function kept() {
  const startMs = Date.UTC(2026, 0, 1);
  const timers = new ManualTimers();
  const world = { nowMs: startMs, fails: 0, used: [] as Certificate[], journal: [] as string[] };
  let changed = Promise.withResolvers<void>();
  const tell = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const certificate = await makeCertificate(startMs, systemRandom);
  const keeper = new CertificateKeeper({
    certificate,
    clock: { wallMs: () => world.nowMs, monotonicMs: () => 0 },
    timers: {
      set: (ms, run) => {
        const cancel = timers.set(ms, run);
        tell();
        return cancel;
      },
    },
    random: systemRandom,
    journal: (event) => void world.journal.push(event),
    replace: (next) => {
      world.used.push(next);
      return world.fails-- > 0 ? Promise.reject(new Error("the port is taken")) : Promise.resolve();
    },
  });
  keeper.start();
  /** Lets the timer ring on a day, and waits until the next one is set. */
  const look = async (day: number) => {
    world.nowMs = startMs + day * dayMs;
    const next = changed.promise;
    timers.run();
    await next;
  };
  return { certificate, keeper, timers, world, look };
}

Deno.test("CertificateKeeper looks each hour, and replaces what is due, again and again", async () => {
  const { certificate, timers, world, look } = await kept();
  assertEquals(timers.waits, [limits.certificateLookMs]);
  await look(0);
  await look(dueDays - 1);
  assertEquals(world.used, [], "not yet");
  await look(dueDays);
  assertEquals([world.used.length, world.journal], [1, ["certificate"]]);
  assertNotEquals(world.used[0]!.hash, certificate.hash);
  assertEquals(world.used[0]!.endsMs, world.nowMs + limits.certificateDays * dayMs);
  await look(dueDays + 1);
  assertEquals(world.used.length, 1, "the new one is not due");
  await look(2 * dueDays);
  assertEquals(world.used.length, 2);
});

Deno.test("CertificateKeeper tries again soon, with the same one, where it can't listen", async () => {
  const { timers, world, look } = await kept();
  world.fails = 2;
  await look(dueDays);
  assertEquals(timers.waits, [1_000]);
  await look(dueDays);
  await look(dueDays);
  assertEquals(world.used.map(({ hash }) => hash), Array(3).fill(world.used[0]!.hash));
  assertEquals(world.journal, ["certificateFailed", "certificateFailed", "certificate"]);
  assertEquals(timers.waits, [limits.certificateLookMs]);
});

Deno.test("CertificateKeeper looks no more once it is closed", async () => {
  const { keeper, timers } = await kept();
  keeper.close();
  assertEquals(timers.waits, []);
});
