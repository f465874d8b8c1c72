/**
 * A real client process, driven over its pipes as a script would.
 */

import { TextLineStream } from "@std/streams";
import { programCommand, type Transport } from "./server_process.ts";

const patienceMs = 20_000;

export interface ClientProcess {
  readonly pid: number;
  /** What it printed, on both outputs, in the order in which it came. */
  readonly lines: readonly string[];
  /** What of it came on standard output. */
  readonly printed: readonly string[];
  /** Writes a line to its input. */
  say(line: string): Promise<void>;
  /** Waits until a line has this in it, `count` times over all lines. */
  shows(part: string, count?: number): Promise<void>;
  /** Ends its input and waits. */
  finish(): Promise<number>;
  kill(signal: Deno.Signal): void;
  ended(): Promise<number>;
}

/** Starts a client; `under` is a command that runs it, such as strace, and becomes that process. */
export function startClientProcess(
  args: readonly string[],
  under: readonly string[] = [],
  transport: Transport = "clear",
): ClientProcess {
  const [command, ...before] = [...under, ...programCommand("client", transport)];
  const process = new Deno.Command(command!, {
    args: [...before, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines: string[] = [];
  const printed: string[] = [];
  const waiting = new Set<() => void>();
  const gather = async (stream: ReadableStream<Uint8Array>, ...into: string[][]) => {
    const reader = stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const line of reader) {
      for (const list of into) list.push(line);
      for (const look of waiting) look();
    }
  };
  const gathered = Promise.all([
    gather(process.stdout, lines, printed),
    gather(process.stderr, lines),
  ]);
  const input = process.stdin.getWriter();
  const utf8 = new TextEncoder();
  let over = false;
  const status = process.status.then((ended) => {
    over = true;
    return ended;
  });
  const ended = async () => {
    await gathered;
    return (await status).code;
  };
  return {
    pid: process.pid,
    lines,
    printed,
    say: (line) => input.write(utf8.encode(`${line}\n`)),
    shows: (part, count = 1) => waitFor(lines, waiting, part, count),
    finish: async () => {
      await input.close().catch(() => {});
      return await ended();
    },
    kill: (signal) => {
      if (!over) process.kill(signal);
    },
    ended: async () => {
      const code = await ended();
      await input.close().catch(() => {});
      return code;
    },
  };
}

function waitFor(
  lines: readonly string[],
  waiting: Set<() => void>,
  part: string,
  count: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (finish: () => void) => {
      clearTimeout(timer);
      waiting.delete(look);
      finish();
    };
    const look = () => {
      if (lines.filter((line) => line.includes(part)).length >= count) done(resolve);
    };
    const timer = setTimeout(
      () => done(() => reject(new Error(`"${part}" did not show in:\n${lines.join("\n")}`))),
      patienceMs,
    );
    waiting.add(look);
    look();
  });
}
