import { assert } from "@std/assert";
import { type Happened, HubWorld, nothingHappened } from "../support/hub_world.ts";

const steps = 250;

/** What the environment says, where it may be read: one seed to replay, or how many to try. */
function setting(name: "PARLEY_SEED" | "PARLEY_SEEDS"): number | null {
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return null;
  const text = Deno.env.get(name);
  return text === undefined ? null : Number(text);
}

function runWorld(seed: number, happened: Happened): void {
  using world = new HubWorld(seed, happened);
  let step = 0;
  try {
    for (; step < steps; step++) world.step();
    world.settle();
  } catch (error) {
    const replay = `PARLEY_SEED=${seed} deno test --allow-env=PARLEY_SEED,PARLEY_SEEDS`;
    throw new Error(
      `seed ${seed}, step ${step}: ${
        (error as Error).message
      }\nreplay: ${replay} ${import.meta.filename}`,
      { cause: error },
    );
  }
}

Deno.test("Hub gives every device exactly what is meant for it, in random worlds", () => {
  const only = setting("PARLEY_SEED");
  if (only !== null) return runWorld(only, nothingHappened());
  const happened = nothingHappened();
  const seeds = setting("PARLEY_SEEDS") ?? 100;
  for (let seed = 1; seed <= seeds; seed++) runWorld(seed, happened);
  for (const [what, count] of Object.entries(happened)) {
    assert(count > seeds / 20, `${what} happened ${count} times in ${seeds} worlds`);
  }
});
