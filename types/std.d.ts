/**
 * Types of the parts of deno-std that Parley uses: its npm package brings none.
 */

declare module "@std/assert" {
  /** A class, as `instanceof` takes it, abstract ones and any constructor included. */
  type Class<T> = abstract new (...args: never[]) => T;

  export class AssertionError extends Error {
    constructor(message: string, options?: ErrorOptions);
  }

  export function assert(expr: unknown, msg?: string): asserts expr;
  export function assertFalse(expr: unknown, msg?: string): asserts expr is false;
  export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T>;
  export function assertEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertStrictEquals<T>(
    actual: unknown,
    expected: T,
    msg?: string,
  ): asserts actual is T;
  export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertAlmostEquals(
    actual: number,
    expected: number,
    tolerance?: number,
    msg?: string,
  ): void;
  export function assertGreater<T>(actual: T, expected: T, msg?: string): void;
  export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void;
  export function assertLess<T>(actual: T, expected: T, msg?: string): void;
  export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void;
  export function assertStringIncludes(actual: string, expected: string, msg?: string): void;
  export function assertMatch(actual: string, expected: RegExp, msg?: string): void;
  export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void;
  export function assertArrayIncludes<T>(
    actual: ArrayLike<T>,
    expected: ArrayLike<T>,
    msg?: string,
  ): void;
  export function assertObjectMatch(
    actual: Record<PropertyKey, unknown>,
    expected: Record<PropertyKey, unknown>,
    msg?: string,
  ): void;
  export function assertInstanceOf<T>(
    actual: unknown,
    expectedType: Class<T>,
    msg?: string,
  ): asserts actual is T;
  export function assertNotInstanceOf<A, T>(
    actual: A,
    unexpectedType: Class<T>,
    msg?: string,
  ): asserts actual is Exclude<A, T>;
  export function assertIsError<E extends Error = Error>(
    error: unknown,
    errorClass?: Class<E>,
    msgMatches?: string | RegExp,
    msg?: string,
  ): asserts error is E;
  export function assertThrows(fn: () => unknown, msg?: string): unknown;
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    errorClass: Class<E>,
    msgIncludes?: string,
    msg?: string,
  ): E;
  export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    errorClass: Class<E>,
    msgIncludes?: string,
    msg?: string,
  ): Promise<E>;
  export function equal(a: unknown, b: unknown): boolean;
  export function fail(msg?: string): never;
  export function unimplemented(msg?: string): never;
  export function unreachable(msg?: string): never;
}

declare module "@std/streams" {
  /** What happens to the delimiter: gone, or at the end or the start of a chunk. */
  type Disposition = "discard" | "suffix" | "prefix";
  type Bytes = Uint8Array<ArrayBuffer>;

  export class TextLineStream extends TransformStream<string, string> {
    constructor(options?: { allowCR?: boolean });
  }
  export class TextDelimiterStream extends TransformStream<string, string> {
    constructor(delimiter: string, options?: { disposition?: Disposition });
  }
  export class DelimiterStream extends TransformStream<Bytes, Bytes> {
    constructor(delimiter: Uint8Array, options?: { disposition?: Disposition });
  }
  export class ByteSliceStream extends TransformStream<Bytes, Bytes> {
    constructor(start?: number, end?: number);
  }
  export class LimitedBytesTransformStream extends TransformStream<Bytes, Bytes> {
    constructor(size: number, options?: { error?: boolean });
  }
  export class LimitedTransformStream<T> extends TransformStream<T, T> {
    constructor(size: number, options?: { error?: boolean });
  }

  export function concatReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T>;
  export function mergeReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T>;
  export function zipReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T>;
  export function toArrayBuffer(stream: ReadableStream<Uint8Array>): Promise<ArrayBuffer>;
  export function toBytes(stream: ReadableStream<Uint8Array>): Promise<Bytes>;
  export function toBlob(stream: ReadableStream<Uint8Array>): Promise<Blob>;
  export function toText(stream: ReadableStream<string | Uint8Array>): Promise<string>;
  export function toJson(stream: ReadableStream<string | Uint8Array>): Promise<unknown>;
}

declare module "@std/cli/parse-args" {
  /**
   * `string` and `boolean` name the options that have a value or have none; what else is on the
   * command line goes to `_`, or to `unknown`, which can throw or return false to drop it.
   */
  export interface ParseOptions<
    S extends string = never,
    B extends string = never,
    C extends string = never,
    D = unknown,
  > {
    string?: readonly S[];
    boolean?: readonly B[];
    /** Options that may be given several times: always an array. */
    collect?: readonly C[];
    negatable?: readonly B[];
    alias?: Record<string, string | readonly string[]>;
    default?: D;
    stopEarly?: boolean;
    "--"?: boolean;
    unknown?: (arg: string, key?: string, value?: unknown) => unknown;
  }

  /** A default makes an option always present; a flag without one is false. */
  export type Args<S extends string, B extends string, C extends string, D> =
    & { _: (string | number)[]; "--"?: string[] }
    & { [K in Exclude<S, C | keyof D>]?: string }
    & { [K in Extract<S, Exclude<keyof D, C>>]: string }
    & { [K in C]: string[] }
    & { [K in B]: boolean }
    & { [key: string]: unknown };

  export function parseArgs<
    const S extends string = never,
    const B extends string = never,
    const C extends string = never,
    D extends { [key: string]: unknown } = Record<never, unknown>,
  >(args: string[], options?: ParseOptions<S, B, C, D>): Args<S, B, C, D>;
}

declare module "@std/bytes/equals" {
  export function equals(a: Uint8Array, b: Uint8Array): boolean;
}

declare module "@std/bytes/concat" {
  export function concat(buffers: readonly Uint8Array[]): Uint8Array<ArrayBuffer>;
}

declare module "@std/encoding/hex" {
  export function encodeHex(src: string | Uint8Array | ArrayBuffer): string;
  export function decodeHex(src: string): Uint8Array<ArrayBuffer>;
}
