import { fuzzTerminal } from "./terminal.ts";

const screens = 3_000;

Deno.test(`fuzz: hostile text changes nothing but its own cells, on ${screens} screens`, async () => {
  await fuzzTerminal(1, screens);
});
