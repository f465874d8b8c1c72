/**
 * A field's type read back from what docs/PROTOCOL.md says of it: values are made from the words
 * that people read, so a bound that is written and not checked makes a test red.
 *
 * @module
 */

import type { Item } from "../../lib/protocol/fields.ts";

/** A field's type, as its `says` tells it. */
export type Shape =
  | { readonly type: "uint"; readonly max: number }
  | { readonly type: "text"; readonly bytesMax: number }
  | { readonly type: "bytes"; readonly length: number }
  | { readonly type: "bool" }
  | { readonly type: "nullable"; readonly inner: Shape }
  | { readonly type: "list"; readonly min: number; readonly max: number; readonly inner: Shape }
  | { readonly type: "tuple"; readonly inner: readonly Shape[] }
  | { readonly type: "audience"; readonly talkOnly: boolean }
  | { readonly type: "array"; readonly kinded: boolean };

const orNull = ", or null";

/**
 * Reads what docs/PROTOCOL.md says of a field.
 *
 * @throws {RangeError} for words that it doesn't know, so that a new kind of field needs its tests
 */
export function shapeOf(says: string): Shape {
  if (says.endsWith(orNull)) {
    return { type: "nullable", inner: shapeOf(says.slice(0, -orNull.length)) };
  }
  if (says.startsWith("[") && says.endsWith("]")) {
    return { type: "tuple", inner: splitTop(says.slice(1, -1)).map(shapeOf) };
  }
  const list = /^array of (\d+) to (\d+) × \((.*)\)$/.exec(says);
  if (list) {
    return { type: "list", min: Number(list[1]), max: Number(list[2]), inner: shapeOf(list[3]!) };
  }
  return simpleShape(says);
}

function simpleShape(says: string): Shape {
  const number = Number(/\d+/.exec(says)?.[0]);
  if (says === "uint") return { type: "uint", max: Number.MAX_SAFE_INTEGER };
  if (/^uint ≤ \d+$/.test(says)) return { type: "uint", max: number };
  if (/^text ≤ \d+ bytes$/.test(says)) return { type: "text", bytesMax: number };
  if (/^bytes \(\d+\)$/.test(says)) return { type: "bytes", length: number };
  if (says === "bool") return { type: "bool" };
  if (says === "audience") return { type: "audience", talkOnly: false };
  if (says === "audience of kind room or direct") return { type: "audience", talkOnly: true };
  if (says === "array, see Actions") return { type: "array", kinded: true };
  if (says.startsWith("array, see ")) return { type: "array", kinded: false };
  throw new RangeError(`no shape for: ${says}`);
}

function splitTop(text: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const character of text) {
    if ("([".includes(character)) depth++;
    if (")]".includes(character)) depth--;
    if (character === ";" && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim());
}

/** Values at the bounds of a shape, all within; the first is the smallest. */
export function within(shape: Shape): Item[] {
  switch (shape.type) {
    case "uint":
      return [0, shape.max];
    case "text":
      return ["", "a".repeat(shape.bytesMax), "é".repeat(shape.bytesMax / 2)].concat(
        "漢".repeat(Math.floor(shape.bytesMax / 3)),
      );
    case "bytes":
      return [new Uint8Array(shape.length), new Uint8Array(shape.length).fill(255)];
    case "bool":
      return [false, true];
    case "nullable":
      return [null, ...within(shape.inner)];
    case "list":
      return [shape.min, shape.max].flatMap((count) => fill(count, within(shape.inner)));
    case "tuple":
      return oneByOne(shape.inner.map(within));
    case "audience":
      return talks.concat(shape.talkOnly ? [] : others);
    case "array":
      return shape.kinded ? [[1], [Number.MAX_SAFE_INTEGER, "x", null]] : [[], ["x"]];
  }
}

/** Values that a shape must refuse: just beyond its bounds, or of another type. */
export function beyond(shape: Shape): Item[] {
  switch (shape.type) {
    case "uint":
      return ["1", -1, null, true, ...(shape.max < Number.MAX_SAFE_INTEGER ? [shape.max + 1] : [])];
    case "text":
      return [1, null, new Uint8Array(1), "a".repeat(shape.bytesMax + 1)].concat(
        "é".repeat(shape.bytesMax / 2) + "a",
        "a".repeat(shape.bytesMax - 1) + "é",
        "漢".repeat(Math.floor(shape.bytesMax / 3) + 1),
      );
    case "bytes":
      return [null, "a", ...[-1, 1].map((more) => new Uint8Array(shape.length + more))];
    case "bool":
      return [0, null, "true"];
    case "nullable":
      return beyond(shape.inner).filter((value) => value !== null);
    case "list":
      return beyondList(shape.min, shape.max, shape.inner);
    case "tuple":
      return beyondTuple(shape.inner);
    case "audience":
      return [...brokenAudiences, ...(shape.talkOnly ? others : [])];
    case "array":
      return [null, 1, "x", ...(shape.kinded ? [[], ["x"], [-1], [null]] : [])];
  }
}

const talks: Item[] = [[0, 1], [1, 2, 2], [1, 2, Number.MAX_SAFE_INTEGER]];
const others: Item[] = [[2, 7], [3, 7], [4]];
const brokenAudiences: Item[] = [
  null,
  0,
  [],
  [0],
  [0, 1, 2],
  [0, -1],
  [0, "1"],
  ["0", 1],
  [1, 2],
  [1, 3, 2],
  [2],
  [4, 1],
  [5, 1],
];

function fill(count: number, values: readonly Item[]): Item[] {
  return count === 0 ? [[]] : values.map((value) => new Array<Item>(count).fill(value));
}

/** Arrays in which one place at a time takes each of its values, the others their first. */
function oneByOne(places: readonly (readonly Item[])[]): Item[] {
  const first = places.map((values): Item => values[0]!);
  return places.flatMap((values, at) => values.map((value) => first.with(at, value)));
}

function beyondList(min: number, max: number, inner: Shape): Item[] {
  const good = within(inner)[0]!;
  const lengths = [max + 1, ...(min > 0 ? [min - 1] : [])];
  return [
    null,
    7,
    ...lengths.map((count) => new Array<Item>(count).fill(good)),
    ...beyond(inner).map((bad) => new Array<Item>(Math.max(min, 1)).fill(good).with(-1, bad)),
  ];
}

function beyondTuple(inner: readonly Shape[]): Item[] {
  const good = inner.map((shape): Item => within(shape)[0]!);
  return [
    null,
    good.slice(1),
    [...good, 0],
    ...inner.flatMap((shape, at) => beyond(shape).map((bad) => good.with(at, bad))),
  ];
}
