import { caseNames, runCase } from "./cases.ts";

for (const name of caseNames) Deno.test(`sim: ${name}`, () => runCase(name));
