/**
 * Finds names by some of their letters. Pure.
 *
 * @module
 */

import { nameKey } from "../../protocol/names.ts";

/**
 * Picks the names that have all letters of a query in its order, the closest first.
 *
 * @param query letters; none picks all
 * @param names any
 * @returns those that fit: letters that stand together, and early, come first; else as they were
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fuzzy } from "./fuzzy.ts";
 * assertEquals(fuzzy("dv", ["lobby", "adviser", "dev"]), ["adviser", "dev"]);
 * ```
 */
export function fuzzy(query: string, names: readonly string[]): string[] {
  const letters = nameKey(query);
  const rated = names.flatMap((name, at) => {
    const cost = costOf(letters, nameKey(name));
    return cost === null ? [] : [{ name, at, cost }];
  });
  return rated.sort((a, b) => a.cost - b.cost || a.at - b.at).map(({ name }) => name);
}

/** Letters left out between those that fit, and a little for those before; null where one is missing. */
function costOf(letters: string, name: string): number | null {
  let cost = 0;
  let from = 0;
  for (const letter of letters) {
    const at = name.indexOf(letter, from);
    if (at < 0) return null;
    cost += (at - from) * (from === 0 ? 0.5 : 1);
    from = at + letter.length;
  }
  return cost;
}
