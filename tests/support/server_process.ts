/**
 * A real server process for tests, from source or compiled, ended by its own PID.
 */

import { TextLineStream } from "@std/streams";

const root = new URL("../../", import.meta.url).pathname;

export interface ServerProcess {
  readonly port: number;
  readonly pid: number;
  /** Its data folder. */
  readonly data: string;
  readonly fingerprint: string;
  /** What the journal holds so far. */
  readonly journal: string[];
  /** What it has printed so far. */
  readonly printed: string[];
  kill(signal: Deno.Signal): void;
  /** @returns the exit code, once it has ended and the journal is whole */
  ended(): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What travels: clear text where a test looks at it or measures, else TLS as the programs do. */
export type Transport = "clear" | "tls";

/** The command that runs a program: compiled where `PARLEY_DIST` says so, else from source. */
export function programCommand(
  program: "server" | "client",
  transport: Transport = "clear",
): string[] {
  return [...bareCommand(program), ...transport === "clear" ? ["--plaintext"] : []];
}

function bareCommand(program: "server" | "client"): string[] {
  const dist = Deno.env.get("PARLEY_DIST");
  if (dist) return [`${dist}/${program === "server" ? "parleyd" : "parley"}`];
  const rights = program === "client" ? ["--allow-env"] : ["--allow-sys=statfs"];
  return [
    Deno.execPath(),
    ...["run", "--quiet", "--no-prompt", "--allow-net", "--allow-read", "--allow-write"],
    ...rights,
    `${root}${program}.ts`,
  ];
}

/** Whoever comes first has a name: most tests are about something else than coming in. */
export const openArgs: readonly string[] = ["--registration", "open"];

/** Settings for crowds of clients on this machine. */
const crowded = `${root}tests/support/crowded.toml`;

/**
 * Starts a server; `under` is a command that runs it, such as strace, and becomes that process.
 * `config` is its configuration file, null for none.
 */
export async function startServerProcess(
  data: string,
  port = 0,
  under: readonly string[] = [],
  more: readonly string[] = openArgs,
  transport: Transport = "clear",
  config: string | null = crowded,
): Promise<ServerProcess> {
  const [command, ...args] = [...under, ...programCommand("server", transport)];
  if (config !== null) args.push("--config", config);
  const process = new Deno.Command(command!, {
    args: [...args, "--listen", `127.0.0.1:${port || portToKeep()}`, "--data", data, ...more],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const journal: string[] = [];
  const journaled = gather(process.stderr, journal);
  const printed: string[] = [];
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  void gather(process.stdout, printed, () => printed.length === 2 && resolve()).then(resolve);
  await listening;
  const [first = "", second = ""] = printed;
  const match = /:(\d+)$/.exec(first);
  if (!match) throw new Error(`the server did not start: ${first} ${journal.join(" ")}`);
  let status: Deno.CommandStatus | null = null;
  const ending = process.status.then((ended) => status = ended);
  return {
    port: Number(match[1]),
    pid: process.pid,
    data,
    fingerprint: second.replace("fingerprint ", ""),
    journal,
    printed,
    kill: (signal) => {
      if (!status) process.kill(signal);
    },
    ended: async () => {
      await journaled;
      return (await ending).code;
    },
    async [Symbol.asyncDispose]() {
      if (!status) process.kill("SIGKILL");
      await ending;
    },
  };
}

/**
 * A port that a server can come back to. Those that the system hands out by itself, from 32768 on
 * Linux and 49152 elsewhere, may be somebody's while it is down: that of a client which connects.
 */
function portToKeep(): number {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

async function gather(
  stream: ReadableStream<Uint8Array>,
  lines: string[],
  came: () => void = () => {},
): Promise<void> {
  const reader = stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const line of reader) {
    lines.push(line);
    came();
  }
}
