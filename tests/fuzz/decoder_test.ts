import { assert } from "@std/assert";
import { fuzzDecoder } from "./decoder.ts";

const inputs = 200_000;

Deno.test(`fuzz: a value or a ProtocolError comes of ${inputs} inputs, in bounded memory`, () => {
  const { values, refused, frames } = fuzzDecoder(1, inputs);
  // Neither do all inputs fail at their first byte, nor do all pass.
  for (const count of [frames, values, refused]) assert(count > inputs / 4, `${count}`);
});
