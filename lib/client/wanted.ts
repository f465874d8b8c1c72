/**
 * Which entries somebody asks for, by where they belong. Pure.
 *
 * @module
 */

import { nameKey } from "../protocol/names.ts";
import type { Place } from "./events.ts";

/**
 * Whether an entry belongs to what is asked for.
 *
 * @param place where the entry belongs
 * @param wanted a room's name, `@` and a user's, or undefined for everything
 * @returns true for an entry of that room or with that user
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { isWanted } from "./wanted.ts";
 * assert(isWanted({ kind: "room", name: "Dev" }, "dev"));
 * assert(isWanted({ kind: "direct", other: "al" }, "@AL"));
 * assert(!isWanted({ kind: "own" }, "dev") && isWanted({ kind: "own" }, undefined));
 * ```
 */
export function isWanted(place: Place, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  const key = nameKey(wanted);
  if (place.kind === "room") return nameKey(place.name) === key;
  return place.kind === "direct" && `@${nameKey(place.other)}` === key;
}
