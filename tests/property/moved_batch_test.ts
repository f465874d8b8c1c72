import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { codes } from "../../lib/errors.ts";
import {
  type Committed,
  type Outcome,
  type Published,
  registrations,
  type Submission,
} from "../../lib/log/submission.ts";
import { actions, type ActionSpec } from "../../lib/protocol/actions.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import {
  packCommitted,
  packSubmissions,
  unpackCommitted,
  unpackSubmissions,
} from "../../lib/store/moved_batch.ts";
import { anyBytes, valueOf } from "../support/arbitraries.ts";
import { shapeOf } from "../support/shapes.ts";

const seed = Date.now() % 2 ** 31;
const lsn = fc.oneof(fc.maxSafeNat(), fc.constant(Number.MAX_SAFE_INTEGER));
const certain = { timeMs: lsn, sizeBytes: fc.nat(), salt: anyBytes(16) };

/** Whatever a device may ask, by the table: a kind whose fields do not come over is found here. */
const anyAction: fc.Arbitrary<Action> = fc.oneof(
  ...Object.entries<ActionSpec>(actions).map(([action, { fields }]) =>
    fc.record({
      action: fc.constant(action),
      ...Object.fromEntries(
        Object.entries(fields).map(([name, { says }]) => [name, valueOf(shapeOf(says))]),
      ),
    }, { noNullPrototype: true })
  ),
) as unknown as fc.Arbitrary<Action>;

const anySubmission: fc.Arbitrary<Submission> = fc.oneof(
  fc.record({
    by: fc.constant("device" as const),
    user: lsn,
    device: lsn,
    epoch: anyBytes(16),
    n: lsn,
    id: anyBytes(16),
    action: fc.option(anyAction),
    // Left out it is no bound, as 0 is.
    ...certain,
  }, { noNullPrototype: true }).chain((one) =>
    fc.option(fc.integer({ min: 1 })).map((userBytesMax) =>
      userBytesMax === null ? one : { ...one, userBytesMax }
    )
  ),
  fc.record({
    by: fc.constant("recovery" as const),
    name: fc.string(),
    hash: anyBytes(32),
    lifeMs: lsn,
    ...certain,
  }, { noNullPrototype: true }),
  fc.record({
    by: fc.constant("server" as const),
    registration: fc.constantFrom(...registrations),
    invite: fc.option(anyBytes(32)),
    name: fc.string({ unit: "binary" }),
    deviceKey: anyBytes(32),
    ...certain,
  }, { noNullPrototype: true }),
  fc.record({
    by: fc.constant("operator" as const),
    hash: anyBytes(32),
    role: fc.nat(),
    uses: fc.nat(),
    lifeMs: lsn,
    ...certain,
  }, { noNullPrototype: true }),
);

const code = fc.constantFrom(...Object.values(codes));
const anyOutcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.record({ outcome: fc.constant("accepted" as const), lsn }, { noNullPrototype: true }),
  fc.record({ outcome: fc.constant("refused" as const), lsn, code }, { noNullPrototype: true }),
  fc.record({ outcome: fc.constant("later" as const), code, last: lsn }, { noNullPrototype: true }),
);

const anyPublished = fc.record({
  lsn,
  audience: valueOf({ type: "audience", talkOnly: false }),
  frame: anyBytes(0, 90),
  changes: fc.array(fc.oneof(
    fc.record({ what: fc.constantFrom("joins", "leaves"), audience: fc.string(), user: fc.nat() }),
    fc.record({
      what: fc.constant("shut"),
      user: fc.nat(),
      device: fc.nat(),
      code: fc.constant(codes.badName),
    }),
  )),
  user: lsn,
}, { noNullPrototype: true }) as unknown as fc.Arbitrary<Published>;

const anyCommitted: fc.Arbitrary<Committed> = fc.record({
  outcomes: fc.array(anyOutcome),
  published: fc.array(anyPublished),
  head: lsn,
  digest: anyBytes(32),
}, { noNullPrototype: true });

Deno.test(`a batch comes over as it was: seed ${seed}`, () => {
  fc.assert(
    fc.property(fc.array(anySubmission), (batch) => {
      assertEquals(unpackSubmissions(structuredClone(packSubmissions(batch))), batch);
    }),
    { seed },
  );
});

Deno.test(`what was committed comes over as it was, its frames behind each other: seed ${seed}`, () => {
  fc.assert(
    fc.property(anyCommitted, (committed) => {
      const { value, buffers } = packCommitted(committed);
      const came = unpackCommitted(structuredClone(value, { transfer: buffers }));
      assertEquals(came, committed);
      assertEquals(value.bytes.length, 0, "it moved");
      let end: number | null = null;
      for (const { frame } of came.published) {
        if (end !== null) assertEquals(frame.byteOffset, end);
        end = frame.byteOffset + frame.length;
        assertEquals(frame.buffer, came.published[0]!.frame.buffer);
      }
    }),
    { seed },
  );
});
