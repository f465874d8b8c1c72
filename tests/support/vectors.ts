/**
 * Golden vectors: what they look like, and how values stand in JSON, which has no bytes.
 *
 * @module
 */

import { decodeHex, encodeHex } from "@std/encoding/hex";
import type { Side } from "../../lib/protocol/packets.ts";

/** A value in a vector: byte strings are `{ "hex": "…" }`. */
export type Json =
  | number
  | string
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json };

/** One vector: these bytes mean these fields, or are answered with this error. */
export interface Vector {
  readonly name: string;
  /** Of docs/PROTOCOL.md. */
  readonly section: string;
  readonly hex: string;
  /** Null where the bytes are bad. */
  readonly fields: { readonly [name: string]: Json } | null;
  /** The name of a wire code. */
  readonly error?: string;
  /** Who sends it. */
  readonly from?: Side;
}

/** @returns the value with byte strings as hex */
export function toJson(value: unknown): Json {
  if (value instanceof Uint8Array) return { hex: encodeHex(value) };
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, toJson(one)]));
  }
  return value as Json;
}

/** @returns the value with its byte strings as bytes */
export function fromJson(json: Json): unknown {
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof json !== "object" || json === null) return json;
  const entries = Object.entries(json);
  const [[key, value] = []] = entries;
  if (entries.length === 1 && key === "hex" && typeof value === "string") return decodeHex(value);
  return Object.fromEntries(entries.map(([name, one]) => [name, fromJson(one)]));
}
