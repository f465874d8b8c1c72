/**
 * Completion in the shells themselves.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { connection, e2e, runClient } from "../support/e2e.ts";
import { Screen, whyNoScreen } from "../support/screen.ts";
import { programCommand } from "../support/server_process.ts";

/** Whether a shell can be run here. */
function has(shell: string): boolean {
  try {
    return new Deno.Command(shell, { args: ["-c", "exit"] }).outputSync().success;
  } catch {
    return false;
  }
}

function shellTest(shell: string, run: Parameters<typeof e2e>[1], needs: string[] = [shell]): void {
  const mayRun = Deno.permissions.querySync({ name: "run" }).state === "granted";
  const missing = mayRun ? needs.filter((one) => !has(one)) : [];
  const name = `${shell} completes commands, options, rooms and users`;
  const ignored = missing.length > 0 ? `no ${missing.join(", ")}` : whyNoScreen();
  if (!ignored) return e2e(name, run);
  Deno.test({ name: `e2e: ${name} (ignored: ${ignored})`, ignore: true, fn: () => {} });
}

interface Shells {
  /** Runs a script in a shell that finds `parley`, and gives what it prints. */
  run(shell: string, script: string): Promise<string[]>;
  /** The options with which `parley` finds the mailbox. */
  readonly who: string;
  /** Sets the environment up for a shell in a terminal. */
  readonly env: string;
}

/** The shells stand in another folder than the tests. */
const fromHere = (part: string) => part.includes("/") ? resolve(part) : part;

/** A folder with `parley` in it, and a mailbox that knows bob and the room dev. */
async function prepare(port: number, folder: string): Promise<Shells> {
  const program = programCommand("client").map((part) => `'${fromHere(part)}'`).join(" ");
  await Deno.writeTextFile(`${folder}/parley`, `#!/bin/sh\nexec ${program} "$@"\n`, {
    mode: 0o755,
  });
  for (const name of ["bob", "al"]) {
    const line = name === "al" ? "/join dev" : "hello";
    assertEquals((await runClient(connection(port, name, folder), line)).code, 0);
  }
  const mailbox = `${folder}/al/al@127.0.0.1_${port}/mailbox.db`;
  // What a server may call a user, were it up to it alone.
  const database = new DatabaseSync(mailbox);
  database.exec("INSERT INTO users (id, name) VALUES (99, 'b$(touch x)')");
  database.close();
  const who = connection(port, "al", folder).join(" ");
  const path = `${folder}:${Deno.env.get("PATH")}`;
  return {
    who,
    env: `cd ${folder}; export PATH='${path}'`,
    async run(shell, script) {
      const { stdout } = await new Deno.Command(shell, {
        args: ["-c", script],
        env: { PATH: path },
        cwd: folder,
      }).output();
      return new TextDecoder().decode(stdout).trimEnd().split("\n");
    },
  };
}

shellTest("bash", async ({ port }, folder) => {
  const { run, who } = await prepare(port, folder);
  await Deno.mkdir(`${folder}/data here`);
  const complete = async (line: string) =>
    await run(
      "bash",
      `source <(parley completions bash); COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}
       _parley 2> /dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`,
    );
  assertEquals(await complete("parley hist"), ["history"]);
  assertEquals(await complete("parley send --wa"), ["--wait"]);
  assertEquals(await complete(`parley send ${who} `), ["dev", "lobby", "@al", "@bob"]);
  // A word break for bash: it has what stands before it already.
  assertEquals(await complete(`parley send ${who} @b`), ["bob"]);
  assertEquals(await complete("parley send --wait=d"), ["delivered"]);
  assertEquals(await complete("parley --data ./data"), ["./data here"]);
  assertEquals(await complete("parley nothing"), [""]);
});

shellTest("fish", async ({ port }, folder) => {
  const { run, who } = await prepare(port, folder);
  const complete = async (line: string) =>
    await run("fish", `parley completions fish | source; complete -C '${line}'`);
  assertEquals((await complete("parley hist")).map((line) => line.split("\t")[0]), ["history"]);
  assertEquals(await complete(`parley send ${who} @`), ["@al", "@bob"]);
  assertEquals(await complete(`parley history ${who} d`), ["dev"]);
});

shellTest("zsh", async ({ port }, folder) => {
  const { who, env } = await prepare(port, folder);
  const begin = "autoload -U compinit; compinit -D; source <(parley completions zsh)";
  await Deno.writeTextFile(`${folder}/.zshrc`, `PS1='%% '; ${begin}; echo ready\n`);
  await using screen = await Screen.open([120, 20], () => `${env}; ZDOTDIR=${folder} exec zsh`);
  const shows = (line: string) => (lines: string[]) => lines.some((one) => one.trimEnd() === line);
  await screen.until(shows("ready"));
  await screen.keys("-l", "parley hist");
  await screen.keys("Tab");
  await screen.until(shows("% parley history"));
  await screen.keys("C-u");
  await screen.keys("-l", `parley who ${who} d`);
  await screen.keys("Tab");
  await screen.until((lines) => lines.join("").endsWith(`${who} dev`));
});
