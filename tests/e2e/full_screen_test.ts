/**
 * The full screen in a real pseudo-terminal, made by tmux.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { permittedTest } from "../support/permitted.ts";
import { Screen, whyNoScreen } from "../support/screen.ts";
import { programCommand, startServerProcess } from "../support/server_process.ts";

const all = ["net", "read", "write", "run", "env"] as const;

interface World {
  readonly screen: Screen;
  readonly folder: string;
  readonly port: number;
  /** Kills the server as a power cut would. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Has bob say something. */
  bob(to: string, text: string): Promise<void>;
}

const shows = (part: string) => (lines: string[]) => lines.some((line) => line.includes(part));

/** Registers a test with a server, alice at her screen, and bob elsewhere. */
function test(name: string, run: (world: World) => Promise<void>, more = ""): void {
  const reason = whyNoScreen();
  if (reason) {
    Deno.test({ name: `e2e: full screen: ${name} (${reason})`, ignore: true, fn: () => {} });
    return;
  }
  permittedTest(`e2e: full screen: ${name}`, all, async () => {
    const folder = await Deno.makeTempDir({ prefix: "parley-full-" });
    let server = await startServerProcess(`${folder}/server`);
    const { port } = server;
    try {
      const program = programCommand("client").map((part) => `'${part}'`).join(" ");
      const args = (
        name: string,
      ) => ["--server", `127.0.0.1:${port}`, "--name", name, "--data", `${folder}/${name}`];
      await using screen = await Screen.open([80, 24], () => {
        return `echo before; ${program} ${
          args("alice").join(" ")
        } ${more}; code=$?; stty -a; echo exit $code; exec cat`;
      });
      await screen.until(more ? shows("lobby>") : shows("alice · online"));
      await run({
        screen,
        folder,
        port,
        kill: async () => {
          server.kill("SIGKILL");
          await server.ended();
        },
        restart: async () => {
          server = await startServerProcess(`${folder}/server`, port);
        },
        bob: async (to, text) => {
          const [command, ...before] = programCommand("client");
          const said = [...before, ...args("bob"), "send", to, text];
          const sent = await new Deno.Command(command!, { args: said, stdin: "null" }).output();
          assertEquals(sent.code, 0, new TextDecoder().decode(sent.stderr));
        },
      });
    } finally {
      await server[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

test("two talk, unread marks, and the screen is restored at the end", async ({ screen, bob }) => {
  await bob("lobby", "hello alice");
  await screen.until(shows("bob: hello alice"));
  await screen.enter("hello bob");
  await screen.until(shows("alice: hello bob ✓"));
  await bob("@alice", "just for you");
  await screen.until((lines) => lines.some((line) => line.startsWith("@bob 1 !1")));
  // Half a line waits in its room.
  await screen.keys("-l", "half a li");
  await screen.keys("M-a");
  const lines = await screen.until(shows("bob: just for you"));
  assert(lines.some((line) => line.includes("── unread ──")), lines.join("\n"));
  assertEquals(lines.at(-1), ">");
  await screen.until((now) => now.some((line) => /^@bob +│/.test(line)));
  await screen.enter("thanks");
  await screen.until(shows("alice: thanks ✓"));
  await screen.keys("C-g");
  await screen.keys("-l", "lob");
  await screen.keys("Enter");
  await screen.until((now) => now.at(-1) === "> half a li");
  await screen.keys("C-u", "C-d");
  const end = await screen.until(shows("exit 0"));
  assert(end.some((line) => line.startsWith("before")), end.join("\n"));
  assert(end.join(" ").includes(" echo "), "the terminal echoes again");
  assert(!end.join(" ").includes("hello"), "the other screen is gone");
});

test("follows a resize, and asks before a long paste", async ({ screen, bob }) => {
  await bob("lobby", "漢字 wide 👩‍👧 joined");
  await screen.until(shows("bob: 漢字 wide"));
  for (const [columns, rows] of [[40, 10], [160, 50], [80, 24]]) {
    await screen.tmux("resize-window", "-x", `${columns}`, "-y", `${rows}`);
    await screen.until((lines) =>
      lines.length === rows && lines.at(-1) === ">" && shows("bob: 漢字 wide")(lines)
    );
  }
  await screen.paste("one\ntwo\nthree\nfour\nfive\nsix\n");
  await screen.until(shows("Put these 7 lines into the text?"));
  await screen.keys("Escape");
  await screen.until((lines) => !shows("Put these")(lines) && lines.at(-1) === ">");
  await screen.paste("one\ntwo");
  await screen.until((lines) => lines.at(-2) === "> one" && lines.at(-1) === "two");
  await screen.keys("Enter");
  await screen.until(shows("alice: one"));
  await screen.keys("F1");
  await screen.until(shows("Keys (PageDown goes on"));
  await screen.keys("Escape");
  await screen.until(shows("alice: one"));
});

test("a server that is killed and comes back", async ({ screen, kill, restart, bob }) => {
  await kill();
  await screen.until(shows("alice · offline"));
  await screen.enter("written meanwhile");
  await screen.until((lines) =>
    shows("alice: written meanwhile …")(lines) && shows("1 unsent")(lines)
  );
  await restart();
  await screen.until(shows("alice: written meanwhile ✓"));
  await bob("lobby", "welcome back");
  const lines = await screen.until(shows("bob: welcome back"));
  assertEquals(lines.filter((line) => line.includes("written meanwhile")).length, 1);
});

test("commands work, and Tab completes them", async ({ screen, bob }) => {
  await screen.keys("-l", "/jo");
  await screen.keys("Tab");
  await screen.until((lines) => lines.at(-1) === "> /join");
  await screen.enter("dev");
  await screen.until((lines) => lines[0] === " dev" && shows("alice made this room")(lines));
  await screen.enter("/who");
  await screen.until(shows("dev: here: alice"));
  await bob("lobby", "alice: where are you?");
  await screen.until((lines) =>
    lines.some((line) => line.startsWith("lobby ") && line.includes("!1"))
  );
  await screen.keys("M-2");
  await screen.until((lines) => lines[0] === " lobby" && shows("where are you?")(lines));
});

test("--plain keeps the line mode", async ({ screen }) => {
  await screen.enter("hi");
  await screen.until(shows("lobby  alice: hi"));
}, "--plain");

test("a signal leaves the terminal as it was", async ({ screen }) => {
  const pid = (await screen.tmux("list-panes", "-F", "#{pane_pid}")).trim();
  const children = await new Deno.Command("pgrep", { args: ["-P", pid] }).output();
  Deno.kill(Number(new TextDecoder().decode(children.stdout).trim()), "SIGTERM");
  const end = await screen.until(shows("exit 143"));
  assert(end.some((line) => line.startsWith("before")), end.join("\n"));
  assert(end.join(" ").includes(" echo "), "the terminal echoes again");
});
