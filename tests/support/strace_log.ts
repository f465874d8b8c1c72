/**
 * Reads what strace wrote (with -f -yy -xx): writes and syncs of files, and bytes on TCP connections, with
 * their places in the order of things.
 *
 * @module
 */

/** A sync that succeeded, from its call to its return. */
export interface Sync {
  readonly kind: "sync";
  readonly path: string;
  readonly begin: number;
  readonly end: number;
}

/** Bytes written to a place in a file, from the call to its return. */
export interface Stored {
  readonly kind: "stored";
  readonly path: string;
  /** Two hex digits for each byte, as they are in the log: a page is long, and seldom looked at. */
  readonly hex: string;
  readonly begin: number;
  readonly end: number;
}

/** Bytes of a connection: sent at their call, received at its return. */
export interface Bytes {
  readonly kind: "received" | "sent";
  /** The connection, as strace names it. */
  readonly link: string;
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** What happened; places are line numbers, which strace writes in order. */
export type Happening = Sync | Stored | Bytes;

interface Call {
  readonly name: string;
  readonly text: string;
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads a log.
 *
 * @returns what happened, in order of return
 * @throws when bytes go over a connection by a call that is not known here
 */
export function readStrace(log: string): Happening[] {
  return calls(log).flatMap((call): Happening[] => {
    const target = /^\d+<([^>]*?)(?:->[^>]*)?>/.exec(call.text)?.[1] ?? "";
    if (call.name === "fsync" || call.name === "fdatasync") return sync(call, target);
    if (call.name === "pwrite64") return stored(call, target);
    return target.startsWith("TCP") ? transfer(call) : [];
  });
}

/** Joins the two halves of calls during which something else happened. */
function calls(log: string): Call[] {
  const begun = new Map<string, Omit<Call, "end">>();
  const found: Call[] = [];
  log.split("\n").forEach((line, at) => {
    const [, thread, rest] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (thread === undefined || rest === undefined) return;
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest);
    const call = /^(\w+)\((.*)$/.exec(rest);
    const [, name, text] = resumed ?? call ?? [];
    if (name === undefined || text === undefined) return;
    const before = resumed ? begun.get(thread) : undefined;
    const unfinished = / *<unfinished \.\.\.>(\) += \?)?$/;
    const joined = { name, text: (before?.text ?? "") + text, begin: before?.begin ?? at };
    if (unfinished.test(text)) {
      begun.set(thread, { ...joined, text: joined.text.replace(unfinished, "") });
    } else {
      begun.delete(thread);
      found.push({ ...joined, end: at });
    }
  });
  return found;
}

function sync({ text, begin, end }: Call, target: string): Sync[] {
  return result(text) === 0 ? [{ kind: "sync", path: pathOf(target), begin, end }] : [];
}

function stored({ text, begin, end }: Call, target: string): Stored[] {
  if (result(text) <= 0) return [];
  const hex = (/"([^"]*)"/.exec(text)?.[1] ?? "").replaceAll("\\x", "");
  return [{ kind: "stored", path: pathOf(target), hex, begin, end }];
}

function pathOf(target: string): string {
  return new TextDecoder().decode(hexBytes(target));
}

function transfer({ name, text, begin, end }: Call): Bytes[] {
  const kind = name === "read" || name === "recvfrom"
    ? "received"
    : name === "write" || name === "sendto"
    ? "sent"
    : null;
  if (kind === null) throw new Error(`${name} on a connection: this reader must learn it`);
  const count = result(text);
  if (count <= 0) return [];
  const link = /^\d+<(TCP.*?\])>/.exec(text)?.[1] ?? "";
  const bytes = hexBytes(/"([^"]*)"/.exec(text)?.[1] ?? "").subarray(0, count);
  if (bytes.length < count) throw new Error(`${name} of ${count} bytes was cut off in the log`);
  return [{ kind, link, bytes, at: kind === "sent" ? begin : end }];
}

function result(text: string): number {
  return Number(/\) += (-?\d+)/.exec(text)?.[1] ?? -1);
}

function hexBytes(text: string): Uint8Array {
  return Uint8Array.from(text.matchAll(/\\x([0-9a-f]{2})/g), ([, hex]) => parseInt(hex!, 16));
}
