/**
 * One run of a real client, from its start to its end: what it was told on its input, and what it
 * printed.
 *
 * @module
 */

import { programCommand } from "../support/server_process.ts";

/** Bytes of a line that are looked at when it is no entry. */
const shownMax = 200;

/** What was printed in one run. */
export interface Printed {
  /** The lsns of the entries, in the order in which they were printed. */
  readonly lsns: readonly number[];
  /** What a run on a sound disk and a sound server never says. */
  readonly complaints: readonly string[];
}

/** A process of `parley --json`. */
export class RealLife {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #over: Promise<unknown>;
  readonly #lsns: number[] = [];
  readonly #complaints: string[] = [];
  #errors = "";
  #isKilled = false;

  /** @param args whom it talks to, as whom, and where its data is */
  constructor(args: readonly string[]) {
    const [command, ...before] = programCommand("client");
    this.#process = new Deno.Command(command!, {
      args: [...before, "--json", ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#over = Promise.all([this.#entries(), this.#said(), this.#ended()]);
  }

  /** Writes lines to its input. */
  say(lines: readonly string[]): void {
    const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
    // What a killed one did not read is lost, as it should be.
    this.#input.write(bytes).catch(() => {});
  }

  /** Ends it with SIGKILL, or its input and waits for its own end. */
  async end(how: "kill" | "finish"): Promise<Printed> {
    if (how === "kill") {
      this.#isKilled = true;
      try {
        this.#process.kill("SIGKILL");
      } catch {
        // It ended by itself, which is a complaint already.
      }
    } else await this.#input.close().catch(() => {});
    await this.#over;
    if (how === "kill") await this.#input.close().catch(() => {});
    return { lsns: this.#lsns, complaints: this.#complaints };
  }

  async #ended(): Promise<void> {
    const { code } = await this.#process.status;
    if (this.#isKilled || code === 0) return;
    this.#complaints.push(`ended by itself with ${code}: ${this.#errors.slice(-shownMax)}`);
  }

  async #said(): Promise<void> {
    for await (const text of this.#process.stderr.pipeThrough(new TextDecoderStream())) {
      this.#errors = (this.#errors + text).slice(-4 * shownMax);
    }
  }

  async #entries(): Promise<void> {
    let rest = "";
    for await (const text of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      // The last may be cut off by the kill.
      rest = lines.pop()!;
      for (const line of lines) this.#printed(line);
    }
  }

  #printed(line: string): void {
    const shown = JSON.parse(line) as { kind: string; lsn?: number; own?: boolean };
    if (shown.own !== undefined) this.#lsns.push(shown.lsn!);
    else if (shown.kind === "resync" || shown.kind === "notSent") {
      this.#complaints.push(line.slice(0, shownMax));
    }
  }
}
