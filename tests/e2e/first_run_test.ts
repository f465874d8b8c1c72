/**
 * The first run at a terminal, and profiles, as their users have them.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { connection, e2e, runClient } from "../support/e2e.ts";
import { invitingTest, type InvitingWorld } from "../support/inviting.ts";
import { Screen, whyNoScreen } from "../support/screen.ts";
import { programCommand } from "../support/server_process.ts";

const noScreen = whyNoScreen();
const onScreen = (name: string, run: (world: InvitingWorld) => Promise<void>) =>
  noScreen
    ? Deno.test({ name: `${name} (${noScreen})`, ignore: true, fn: () => {} })
    : invitingTest(name, run);

const openOnScreen = noScreen
  ? (name: string) => Deno.test({ name: `e2e: ${name} (${noScreen})`, ignore: true, fn: () => {} })
  : e2e;

const shows = (part: string) => (lines: string[]) => lines.some((line) => line.includes(part));
const asks = (part: string) => (lines: string[]) => lines.at(-1)?.startsWith(part) ?? false;
const asksWay = asks("Your invite");

/** The client at a terminal; its exit code is on the screen at the end. */
async function open(...args: string[]): Promise<Screen> {
  const program = programCommand("client").map((part) => `'${part}'`).join(" ");
  return await Screen.open([160, 24], () => `${program} ${args.join(" ")}; echo exit $?; exec cat`);
}

/** All files and folders under one. */
function filesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
}

onScreen(
  "e2e: the first run takes an invite and a name, and the next needs nothing",
  async (world) => {
    const data = `${world.folder}/ann`;
    const link = (await world.invite("--role", "owner")).out;
    {
      await using screen = await open("--data", data);
      await screen.until(asksWay);
      await screen.enter("what?");
      await screen.until(shows("neither an invite"));
      await screen.enter(link.slice(0, -7));
      await screen.until(shows("7 characters are missing"));
      await screen.until(asksWay);
      assertEquals(filesIn(data), []);
      await screen.enter(link);
      await screen.until(asks("Your name"));
      await screen.enter("no name");
      await screen.until(shows("a name is 1 to 32"));
      await screen.enter("ann");
      await screen.until(shows("ann · online"));
      await screen.keys("C-d");
      await screen.until(shows("exit 0"));
    }
    await using again = await open("--data", data);
    await again.until(shows("ann · online"));
    await again.keys("C-d");
  },
);

onScreen(
  "e2e: an invite that lets nobody in leaves nothing, and neither does Ctrl+C",
  async (world) => {
    const data = `${world.folder}/ann`;
    const link = (await world.invite()).out;
    const forged = link.replace(/\/[0-9a-f]{64}#/, `/${"0".repeat(64)}#`);
    const none = link.replace(/#.*/, `#${"0".repeat(32)}`);
    await using screen = await open("--data", data);
    for (const [wrong, why] of [[forged, "WARNING"], [none, "no such invite"]] as const) {
      await screen.until(asksWay);
      await screen.enter(wrong);
      await screen.until(asks("Your name"));
      await screen.enter("ann");
      await screen.until(shows(why));
      await screen.until(asksWay);
      assertEquals(filesIn(data), []);
    }
    await screen.keys("C-c");
    await screen.until(shows("exit 130"));
    assertEquals(filesIn(data), []);
  },
);

e2e("without a terminal the first run says what to type", async (_, folder) => {
  const { code, lines } = await runClient(["--data", folder], "hello");
  assertEquals(code, 1);
  assertStringIncludes(lines.join("\n"), `parley --plaintext --data ${folder} join INVITE`);
});

openOnScreen(
  "an address is asked for its fingerprint first, and a name that is taken for another",
  async (world, folder) => {
    const { fingerprint } = world.server;
    assertEquals(
      (await runClient(["send", ...connection(world.port, "bob", folder), "lobby", "hi"])).code,
      0,
    );
    const data = `${folder}/ann`;
    await using screen = await open("--data", data, "--profile", "work");
    await screen.until(shows("work is new."));
    await screen.until(asksWay);
    await screen.enter("127.0.0.1:1");
    await screen.until(shows("nobody listens at 127.0.0.1:1"));
    await screen.enter(`127.0.0.1:${world.port}`);
    await screen.until(asks("Is it the right one?"));
    assert((await screen.lines()).some((line) => line.trim() === fingerprint));
    assertEquals(filesIn(data), [], "nothing is kept of a look");
    const { lines } = await runClient(["who", ...connection(world.port, "bob", folder)]);
    assertEquals(lines, ["bob  here"], "and nothing was said");
    await screen.enter("yes");
    await screen.until(asks("Your name"));
    await screen.enter("bob");
    await screen.until(shows("belongs to another key"));
    await screen.until(asks("Your name"));
    assertEquals(filesIn(data), []);
    await screen.enter("ann");
    await screen.until(shows("ann · online"));
    const [folderOf] = filesIn(`${data}/profiles/work`).filter((name) => name.startsWith("ann@"));
    const pinned = await Deno.readTextFile(`${data}/profiles/work/${folderOf}/server.fingerprint`);
    assertEquals(pinned.trim(), fingerprint);
    await screen.keys("C-d");
    await screen.until(shows("exit 0"));
  },
);

invitingTest(
  "e2e: profiles are apart, listed, and chosen by option or environment",
  async (world) => {
    const { folder, server } = world;
    const data = ["--data", `${folder}/all`];
    const join = async (name: string, ...profile: string[]) => {
      const link = (await world.invite()).out;
      return await runClient([...profile, "join", link, "--name", name, ...data]);
    };
    assertEquals((await join("ann")).code, 0);
    const work = await join("worker", "--profile", "Work");
    assertEquals(work.code, 0);
    assertStringIncludes(work.lines.join(), "type parley --plaintext --profile Work --data");
    const where = `127.0.0.1:${server.port}`;
    const listed = await runClient(["profiles", ...data]);
    assertEquals(listed.lines, [`* default  ann on ${where}`, `  work     worker on ${where}`]);
    const json = await runClient(["profiles", "--profile", "work", "--json", ...data]);
    assertEquals(JSON.parse(json.lines[1]!), {
      ...{ kind: "profile", profile: "work", user: "worker", server: where, current: true },
    });
    const [command, ...before] = programCommand("client");
    const sent = await new Deno.Command(command!, {
      args: [...before, "send", ...data, "lobby", "from work"],
      env: { PARLEY_PROFILE: "work" },
    }).output();
    assertEquals(sent.code, 0);
    const history = await runClient(["history", "lobby", "--limit", "1", ...data]);
    assertStringIncludes(history.lines.join(), "worker: from work");
    const none = await runClient(["rooms", "--profile", "play", ...data]);
    assertEquals(none.code, 1);
    assertStringIncludes(none.lines.join("\n"), "There are profiles, for --profile: default, work");
    const bad = await runClient(["rooms", "--profile", "../x", ...data]);
    assertEquals(bad.code, 1);
    assertStringIncludes(bad.lines.join("\n"), "A profile's name is 1 to 32");
  },
);

/** Passes on to a server; while `cut` is set, of a connection's answers only the first. */
function cuttingProxy(port: number): { readonly port: number; cut: boolean } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const proxy = {
    port: listener.addr.port,
    cut: true,
    [Symbol.dispose]: () => listener.close(),
  };
  const serve = async (client: Deno.Conn) => {
    const server = await Deno.connect({ hostname: "127.0.0.1", port });
    const end = () => {
      for (const conn of [client, server]) {
        try {
          conn.close();
        } catch { /* It is closed. */ }
      }
    };
    const pass = async (from: Deno.Conn, to: Deno.Conn, answersMax: () => number) => {
      const piece = new Uint8Array(65_536);
      for (let answers = 0; answers < answersMax(); answers++) {
        const bytes = await from.read(piece);
        if (bytes === null || answers >= answersMax()) break;
        for (let at = 0; at < bytes;) at += await to.write(piece.subarray(at, bytes));
      }
    };
    const ways = [
      pass(client, server, () => Infinity),
      pass(server, client, () => proxy.cut ? 1 : Infinity),
    ];
    // What goes to the server has to come there before its answer is cut off.
    await ways[1]!.catch(() => {});
    if (proxy.cut) await server.read(new Uint8Array(65_536)).catch(() => {});
    end();
    await ways[0]!.catch(() => {});
  };
  void (async () => {
    for await (const client of listener) void serve(client).catch(() => {});
  })().catch(() => {});
  return proxy;
}

openOnScreen(
  "a key that the server may know is kept when its answer does not come",
  async (world, folder) => {
    using proxy = cuttingProxy(world.port);
    const data = `${folder}/ann`;
    await using screen = await open("--data", data);
    const comeIn = async () => {
      await screen.until(asksWay);
      await screen.enter(`127.0.0.1:${proxy.port}`);
      await screen.until(asks("Is it the right one?"));
      await screen.enter("yes");
      await screen.until(asks("Your name"));
      await screen.enter("ann");
    };
    await comeIn();
    await screen.until(shows("not joined: the server closed the connection"));
    await screen.until(asksWay);
    assertEquals(filesIn(data), [`ann@127.0.0.1_${proxy.port}`], "a key, and no profile");
    const key = await Deno.readTextFile(`${data}/ann@127.0.0.1_${proxy.port}/device.key`);
    proxy.cut = false;
    await comeIn();
    await screen.until(shows("ann · online"));
    assertEquals(await Deno.readTextFile(`${data}/ann@127.0.0.1_${proxy.port}/device.key`), key);
    await screen.keys("C-d");
    await screen.until(shows("exit 0"));
  },
);
