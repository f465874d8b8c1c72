/**
 * The types that a packet's fields have: each with its bound, its check and its name in
 * docs/PROTOCOL.md, in one value, so that the three can't disagree.
 *
 * @module
 */

/** A CBOR data item as it stands in a packet whose shape another table knows. */
export type Item = number | string | boolean | null | Uint8Array | readonly Item[];

/** One field's type: how it is written down, and whether a decoded CBOR item is one. */
export interface Field<T> {
  /** As it stands in docs/PROTOCOL.md. */
  readonly says: string;
  /**
   * Looks at a decoded item and trusts nothing about it: it came from the other side.
   *
   * @param value any decoded CBOR item; not changed
   * @returns whether `value` is of this type and within its bound
   */
  readonly check: (value: unknown) => value is T;
}

/** The value type of a field. */
export type ValueOf<F> = F extends Field<infer T> ? T : never;

const utf8 = new TextEncoder();

/**
 * An unsigned integer.
 *
 * @param max the largest value, at most 2^53-1
 * @returns the field's type
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { uint } from "./fields.ts";
 * assert(uint(9).check(9) && !uint(9).check(10) && !uint(9).check(-1));
 * ```
 * @see RFC 8949, section 3.1
 */
export function uint(max: number = Number.MAX_SAFE_INTEGER): Field<number> {
  return {
    says: max === Number.MAX_SAFE_INTEGER ? "uint" : `uint ≤ ${max}`,
    check: (value): value is number =>
      typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= max &&
      !Object.is(value, -0),
  };
}

/**
 * A text, bounded by its UTF-8 bytes.
 *
 * @param bytesMax the most bytes, at least 0
 * @returns the field's type
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { text } from "./fields.ts";
 * assert(text(2).check("é") && !text(1).check("é"));
 * ```
 * @see RFC 8949, section 3.1
 */
export function text(bytesMax: number): Field<string> {
  return {
    says: `text ≤ ${bytesMax} bytes`,
    check: (value): value is string =>
      typeof value === "string" && value.isWellFormed() &&
      (value.length * 3 <= bytesMax || utf8.encode(value).length <= bytesMax),
  };
}

/**
 * A byte string of one exact length.
 *
 * @param length in bytes
 * @returns the field's type
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { bytes } from "./fields.ts";
 * assert(bytes(2).check(new Uint8Array(2)) && !bytes(2).check(new Uint8Array(3)));
 * ```
 * @see RFC 8949, section 3.1
 */
export function bytes(length: number): Field<Uint8Array> {
  return {
    says: `bytes (${length})`,
    check: (value): value is Uint8Array => value instanceof Uint8Array && value.length === length,
  };
}

/**
 * True or false.
 *
 * @returns the field's type
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { flag } from "./fields.ts";
 * assert(flag().check(true) && !flag().check(1));
 * ```
 * @see RFC 8949, section 3.3
 */
export function flag(): Field<boolean> {
  return { says: "bool", check: (value): value is boolean => typeof value === "boolean" };
}

/**
 * A value that may be missing, written as null.
 *
 * @param inner the type of the value where there is one
 * @returns the field's type
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { nullable, uint } from "./fields.ts";
 * assert(nullable(uint()).check(null) && !nullable(uint()).check("x"));
 * ```
 * @see RFC 8949, section 3.3
 */
export function nullable<T>(inner: Field<T>): Field<T | null> {
  return {
    says: `${inner.says}, or null`,
    check: (value): value is T | null => value === null || inner.check(value),
  };
}

/**
 * An array of values of one type.
 *
 * @param inner the type of each
 * @param min the fewest
 * @param max the most
 * @returns the field's type
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { list, uint } from "./fields.ts";
 * assert(list(uint(), 1, 2).check([1]) && !list(uint(), 1, 2).check([]));
 * ```
 * @see RFC 8949, section 3.1
 */
export function list<T>(inner: Field<T>, min: number, max: number): Field<readonly T[]> {
  return {
    says: `array of ${min} to ${max} × (${inner.says})`,
    check: (value): value is readonly T[] =>
      Array.isArray(value) && value.length >= min && value.length <= max &&
      value.every((one) => inner.check(one)),
  };
}

/**
 * An array of fixed length, each place with its own type.
 *
 * @param inner the types, in order
 * @returns the field's type
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { text, tuple, uint } from "./fields.ts";
 * assert(tuple(uint(), text(9)).check([1, "a"]) && !tuple(uint(), text(9)).check([1]));
 * ```
 * @see RFC 8949, section 3.1
 */
export function tuple<const T extends readonly unknown[]>(
  ...inner: { readonly [K in keyof T]: Field<T[K]> }
): Field<T> {
  const fields: readonly Field<unknown>[] = inner;
  return {
    says: `[${fields.map((field) => field.says).join("; ")}]`,
    check: (value): value is T =>
      Array.isArray(value) && value.length === fields.length &&
      fields.every((field, at) => field.check(value[at])),
  };
}

/**
 * An array whose first place is a kind number; what follows is checked by the table of that kind.
 *
 * @param table the name of that table in docs/PROTOCOL.md
 * @returns the field's type
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { kinded } from "./fields.ts";
 * assert(kinded("Actions").check([1, "x"]) && !kinded("Actions").check([]));
 * ```
 * @see docs/PROTOCOL.md, section "Actions"
 */
export function kinded(table: string): Field<readonly Item[]> {
  return {
    says: `array, see ${table}`,
    check: (value): value is readonly Item[] => Array.isArray(value) && uint().check(value[0]),
  };
}

/**
 * An array whose places are checked by another table.
 *
 * @param table the name of that table in docs/PROTOCOL.md
 * @returns the field's type
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { array } from "./fields.ts";
 * assert(array("Entry header").check([]) && !array("Entry header").check({}));
 * ```
 * @see docs/PROTOCOL.md, section "Entries"
 */
export function array(table: string): Field<readonly Item[]> {
  return {
    says: `array, see ${table}`,
    check: (value): value is readonly Item[] => Array.isArray(value),
  };
}
