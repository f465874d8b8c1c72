/**
 * Getting in by invite, with the two programs as their users run them.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startClientProcess } from "../support/client_process.ts";
import { runClient, withFolder } from "../support/e2e.ts";
import { invitingTest, operator, prints } from "../support/inviting.ts";
import { permittedTest } from "../support/permitted.ts";
import { Screen, whyNoScreen } from "../support/screen.ts";
import { programCommand, startServerProcess } from "../support/server_process.ts";

/** The link in what was printed. */
function linkIn(text: string): string {
  const link = /parley:\/\/[^\s']+/.exec(text)?.[0];
  if (!link) throw new Error(`no link in ${text}`);
  return link;
}

/** Runs `parley join`. */
async function join(folder: string, link: string, ...args: string[]) {
  const { code, lines } = await runClient(["join", link, "--data", folder, ...args]);
  return { code, text: lines.join("\n") };
}

invitingTest(
  "e2e: the owner's link, parley join, and a chat with whom the owner invites",
  async (world) => {
    const { server, folder } = world;
    const link = (await world.invite("--role", "owner")).out;
    const [ann, bob] = [`${folder}/ann`, `${folder}/bob`];
    const joined = await join(ann, link, "--name", "ann");
    assertEquals([joined.code, joined.text], [
      0,
      `you are ann on 127.0.0.1:${server.port}: type parley --plaintext --data ${ann} to talk`,
    ]);
    const invite = (await world.invite()).out;
    assertEquals((await join(bob, invite, "--name", "bob")).code, 0);
    // No server, no name: both are known from joining.
    const reader = startClientProcess(["--data", ann]);
    await reader.shows("bob is new here");
    assertEquals((await runClient(["send", "--data", bob, "lobby", "hello"])).code, 0);
    await reader.shows("bob: hello");
    await reader.say("hello back");
    await reader.shows("ann: hello back");
    assertEquals(await reader.finish(), 0);
  },
);

invitingTest("e2e: a link lets nobody in a second time, but its own user", async (world) => {
  const { folder } = world;
  const link = (await world.invite("--role", "owner")).out;
  assertEquals((await join(`${folder}/ann`, link, "--name", "ann")).code, 0);
  const second = await join(`${folder}/eve`, link, "--name", "eve");
  assertEquals(second.code, 2);
  assertStringIncludes(second.text, "not joined: this invite is used up");
  assertEquals((await join(`${folder}/ann`, link, "--name", "ann")).code, 0, "it changes nothing");
});

invitingTest(
  "e2e: a name that is taken and a link that is expired or cut say so",
  async (world) => {
    const { folder } = world;
    const link = (await world.invite("--uses", "2")).out;
    assertEquals((await join(`${folder}/ann`, link, "--name", "ann")).code, 0);
    const taken = await join(`${folder}/bob`, link, "--name", "ANN");
    assertEquals(taken.code, 2);
    assertStringIncludes(taken.text, "belongs to another key");
    assertEquals((await join(`${folder}/bob`, link, "--name", "bob")).code, 0, "it still counts");
    const old = (await world.invite("--expires", "1s", "--uses", "1000")).out;
    for (let at = 0;; at++) {
      const { code, text } = await join(`${folder}/old`, old, "--name", `u${at}`);
      if (code === 0) continue;
      assertEquals(code, 2);
      assertStringIncludes(text, "this invite has expired");
      break;
    }
    const cut = await join(`${folder}/cut`, link.slice(0, -1), "--name", "cut");
    assertEquals(cut.code, 1);
    assertStringIncludes(cut.text, "This is no invite, or not all of it");
    const nameless = await join(`${folder}/cut`, link);
    assertEquals(nameless.code, 1);
    assertStringIncludes(nameless.text, "--name");
  },
);

invitingTest("e2e: a link is shown to no other server than its own", async (world) => {
  const { folder } = world;
  const link = (await world.invite()).out;
  const forged = link.replace(/\/[0-9a-f]{64}#/, `/${"0".repeat(64)}#`);
  const stopped = await join(`${folder}/ann`, forged, "--name", "ann");
  assertEquals(stopped.code, 3);
  assertStringIncludes(stopped.text, "WARNING");
  assertStringIncludes(stopped.text, world.server.fingerprint);
  assertEquals((await join(`${folder}/ann`, link, "--name", "ann")).code, 0, "nothing was pinned");
});

invitingTest(
  "e2e: who has no invite is told that one is needed, and how to get it",
  async (world) => {
    const { folder, server } = world;
    const who = ["--server", `127.0.0.1:${server.port}`, "--name", "eve", "--data", folder];
    const { code, lines } = await runClient(["send", ...who, "lobby", "hi"]);
    assertEquals(code, 2);
    assertStringIncludes(lines.join("\n"), "parley join INVITE --name eve");
    const talk = await runClient(who, "hi");
    assertEquals(talk.code, 2);
    assertStringIncludes(talk.lines.join("\n"), "by invite only");
  },
);

invitingTest("e2e: into a file a start says how the owner gets in, and no link", async (world) => {
  const { folder } = world;
  const how = `parleyd invite --role owner --data ${world.server.data}`;
  await prints(world.server, how);
  assertEquals(world.server.printed.length, 3, "one line says it");
  const first = (await world.invite("--role", "owner")).out;
  await world.restart("SIGKILL");
  await prints(world.server, how);
  assert(!world.server.printed.some((line) => line.includes("parley://")));
  const another = (await world.invite("--role", "owner")).out;
  assertEquals((await join(`${folder}/ann`, another, "--name", "ann")).code, 0);
  const late = await join(`${folder}/eve`, first, "--name", "eve");
  assertEquals([late.code, late.text.includes("used up")], [2, true], "there is an owner now");
  const none = await world.invite("--role", "owner");
  assertEquals([none.code, none.err], [
    1,
    "parleyd: this server has its owner, and there is only one",
  ]);
  await world.restart("SIGTERM");
  await world.invited();
  assertEquals(world.server.printed.length, 2, "nothing more to say");
});

const noScreen = whyNoScreen();
const onScreen = noScreen
  ? (name: string) => Deno.test({ name: `${name} (${noScreen})`, ignore: true, fn: () => {} })
  : invitingTest;

onScreen(
  "e2e: on a terminal an invite is drawn, and parley join asks for a name",
  async (world) => {
    const { server, folder } = world;
    const [parleyd, parley] = (["server", "client"] as const).map((program) =>
      programCommand(program).map((part) => `'${part}'`).join(" ")
    );
    const link = (await world.invite()).out;
    const first = `${parleyd} invite --data ${server.data}`;
    const then = `${parley} join '${link}' --data ${folder}/ann; echo exit $?; exec cat`;
    await using screen = await Screen.open([160, 60], () => `${first}; ${then}`);
    const asked = (lines: readonly string[]) => lines.at(-1)?.startsWith("Your name on ") ?? false;
    const lines = await screen.until(asked);
    assert(lines.some((line) => line.includes("comes in as a member, once, within 24 hours")));
    assert(lines.filter((line) => /[▀▄█]{3}/.test(line)).length > 15, "the code");
    await screen.enter("no name");
    await screen.until((lines) => lines.some((line) => line.startsWith("A name is 1 to 32")));
    await screen.until(asked);
    await screen.enter("ann");
    const end = await screen.until((lines) => lines.includes("exit 0"));
    assert(end.some((line) => line.startsWith("you are ann on 127.0.0.1:")), end.join("\n"));
  },
);

onScreen("e2e: on a terminal a first start prints a link that makes an owner", async (world) => {
  const data = `${world.folder}/first`;
  const parleyd = programCommand("server").map((part) => `'${part}'`).join(" ");
  const start = `${parleyd} --listen 127.0.0.1:0 --data ${data} 2> ${data}.journal; exec cat`;
  await using screen = await Screen.open([160, 60], () => start);
  const lines = await screen.until((lines) => lines.some((line) => line.includes("parley join")));
  const text = lines.join("\n");
  assertStringIncludes(text, "comes in as the owner, once, within 24 hours");
  assert(lines.filter((line) => /[▀▄█]{3}/.test(line)).length > 15, "the code");
  const joined = await join(`${world.folder}/ann`, linkIn(text), "--name", "ann");
  assertEquals(joined.code, 0, joined.text);
  await screen.keys("C-c");
});

permittedTest("e2e: parley join exits 3 when there is no server", [
  "net",
  "read",
  "write",
  "run",
  "env",
], () =>
  withFolder(async (folder) => {
    const link = `parley://127.0.0.1:1/${"ab".repeat(32)}#${"cd".repeat(16)}`;
    const { code, text } = await join(folder, link, "--name", "ann");
    assertEquals(code, 3);
    assertStringIncludes(text, "not joined: nobody listens at 127.0.0.1:1");
    const { code: usage, lines } = await runClient(["--data", folder]);
    assertEquals([usage, lines.join().includes(" join INVITE")], [1, true], "it is not in");
  }));

permittedTest("e2e: --registration closed lets nobody new in, and open whoever comes", [
  "net",
  "read",
  "write",
  "run",
  "env",
], () =>
  withFolder(async (folder) => {
    const data = `${folder}/server`;
    const start = (mode: string, port = 0) =>
      startServerProcess(data, port, [], ["--registration", mode, "--host", "localhost"]);
    const open = await start("open");
    const who = (name: string) => [
      ...["--server", `127.0.0.1:${open.port}`, "--name", name, "--data", folder],
    ];
    assertEquals((await runClient(["send", ...who("ann"), "lobby", "hi"])).code, 0);
    const { out } = await operator(data, "invite", "--role", "admin");
    assertStringIncludes(out, `parley://localhost:${open.port}/`, "where --host says");
    open.kill("SIGTERM");
    await open.ended();
    await using closed = await start("closed", open.port);
    const shut = await runClient(["send", ...who("eve"), "lobby", "hi"]);
    assertEquals([shut.code, shut.lines.join().includes("takes no new users")], [2, true]);
    const joined = await join(folder, out, "--name", "eve");
    assertEquals([joined.code, joined.text.includes("takes no new users")], [2, true]);
    assertEquals((await runClient(["send", ...who("ann"), "lobby", "hi"])).code, 0, "who is in");
    assertEquals((await operator(data, "invite")).code, 1);
    assertEquals(closed.printed.length, 2);
  }));
