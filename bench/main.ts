/**
 * All workloads in one run, as medians: `deno task bench [workloads] [rounds]`.
 *
 * Workloads are letters as in README.md; without any, all are run. What comes out is a table on
 * standard output, `bench/results.json`, and the plot `docs/bench.svg` where all were run.
 */

import { capacity } from "./capacity.ts";
import { machineLoad } from "./machine.ts";
import { plot } from "./plot.ts";
import { type Figure, median } from "./figures.ts";
import { history } from "./history.ts";
import { talking } from "./talking.ts";

const letters = Deno.args[0] ?? "abcdefghi";
const rounds = Number(Deno.args[1] ?? 3);

const workloads: Readonly<Record<string, (rounds: number) => Promise<Figure[]>>> = {
  ...talking,
  ...capacity,
  ...history,
};

const figures: Figure[] = [];
for (const letter of letters) {
  for (const figure of await workloads[letter]!(rounds)) {
    figures.push(figure);
    const { name, unit, values, aim } = figure;
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const spread = values.length > 1 ? `  (${least} to ${most})` : "";
    const wanted = aim ? `  aim ${aim.sign} ${aim.value}` : "";
    console.log(`${letter}  ${name}: ${median(values)} ${unit}${spread}${wanted}`);
  }
}
const results = { date: new Date().toISOString(), load: machineLoad(), rounds, figures };
const file = (path: string) => new URL(path, import.meta.url);
await Deno.writeTextFile(file("results.json"), `${JSON.stringify(results, null, 2)}\n`);
if (letters === "abcdefghi") await Deno.writeTextFile(file("../docs/bench.svg"), plot(figures));
Deno.exit(0);
