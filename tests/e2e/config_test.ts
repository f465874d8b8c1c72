/**
 * The client's configuration file, as its users have it.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { connection, e2e, withFolder } from "../support/e2e.ts";
import { permittedTest } from "../support/permitted.ts";
import { Screen, whyNoScreen } from "../support/screen.ts";
import { programCommand } from "../support/server_process.ts";

/** Runs `parley` with a folder of its own for the configuration. */
async function run(folder: string, ...args: string[]) {
  const [command, ...before] = programCommand("client");
  const { code, stdout, stderr } = await new Deno.Command(command!, {
    args: [...before, ...args],
    env: { XDG_CONFIG_HOME: folder },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

const all = ["net", "read", "write", "run", "env"] as const;

permittedTest(
  "e2e: parley config prints a file, makes it, and reads it",
  all,
  () =>
    withFolder(async (folder) => {
      const path = `${folder}/parley/config.toml`;
      const printed = await run(folder, "config");
      assertEquals([printed.code, printed.out.split(":")[0]], [0, `# ${path}`]);
      const made = await run(folder, "config", "--write");
      assertEquals([made.code, await Deno.readTextFile(path)], [0, printed.out]);
      await Deno.writeTextFile(path, 'clock = "12h"\n[keys]\nhelp = "F12"\n');
      const again = await run(folder, "config", "--write");
      assertEquals([again.code, again.err.includes("is there already")], [1, true]);
      const changed = await run(folder, "config");
      for (const part of ['\nclock = "12h"\n', '\nhelp = ["F12"]']) {
        assertStringIncludes(changed.out, part);
      }
      assertEquals(JSON.parse((await run(folder, "config", "--json")).out), {
        ...{ theme: "auto", ascii: "auto", clock: "12h", notify: "bell" },
        ...{ keywords: [], keys: { help: ["F12"] } },
        path,
      });
      await Deno.writeTextFile(path, "\nclock = 12\n");
      const wrong = await run(folder, "config");
      assertEquals([wrong.code, wrong.out], [1, ""]);
      assertStringIncludes(wrong.err, `${path}, line 2: clock must be one of "24h", "12h"`);
    }),
);

const noScreen = whyNoScreen();
const onScreen = noScreen
  ? (name: string) => Deno.test({ name: `e2e: ${name} (${noScreen})`, ignore: true, fn: () => {} })
  : e2e;

onScreen("the screen looks as the configuration says, and has its keys", async (world, folder) => {
  const path = `${folder}/parley/config.toml`;
  await Deno.mkdir(`${folder}/parley`);
  const text = 'ascii = "always"\nclock = "12h"\ntheme = "none"\n[keys]\nhelp = "F12"\n';
  await Deno.writeTextFile(path, text);
  const program = programCommand("client").map((part) => `'${part}'`).join(" ");
  const args = connection(world.port, "al", folder).join(" ");
  const command = `XDG_CONFIG_HOME=${folder} ${program} ${args}; echo exit $?; exec cat`;
  await using screen = await Screen.open([80, 24], () => command);
  const shows = (part: string) => (lines: string[]) => lines.some((line) => line.includes(part));
  await screen.until(shows("al | online | F12 help"));
  await screen.enter("hello");
  const lines = await screen.until(shows("al: hello +"));
  assert(lines.some((line) => /\d:\d\d[ap]m al: hello/.test(line)), lines.join("\n"));
  // deno-lint-ignore no-control-regex
  assert(!/\x1b\[3[1-6]m/.test(await screen.tmux("capture-pane", "-p", "-e")), "colours");
  await screen.keys("F12");
  await screen.until(shows("show the keys and commands"));
  await screen.keys("Escape");
  await screen.until(shows("al: hello +"));
  await screen.keys("C-d");
  await screen.until(shows("exit 0"));
  await Deno.writeTextFile(path, 'theme = "pink"\n');
  const wrong = `XDG_CONFIG_HOME=${folder} ${program} ${args}; echo exit $?; exec cat`;
  await using other = await Screen.open([160, 24], () => wrong);
  const said = await other.until(shows("exit 1"));
  assertStringIncludes(said.join(""), "line 1: theme must be one of");
});
