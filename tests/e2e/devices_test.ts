/**
 * Further devices and sealed keys, with the two programs as their users run them.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startClientProcess } from "../support/client_process.ts";
import { runClient } from "../support/e2e.ts";
import { invitingTest, type InvitingWorld, operator } from "../support/inviting.ts";
import { Screen, whyNoScreen } from "../support/screen.ts";
import { programCommand } from "../support/server_process.ts";

/** Somebody who came in by an invite, with the folder of their first device. */
async function joined({ folder, invite }: InvitingWorld, name: string): Promise<string> {
  const data = `${folder}/${name}`;
  const { code } = await runClient([
    ...["join", (await invite()).out, "--data", data, "--name", name],
  ]);
  assertEquals(code, 0);
  return data;
}

/** The link in what was printed. */
function linkIn(text: string): string {
  const link = /parley:\/\/[^\s']+/.exec(text)?.[0];
  if (!link) throw new Error(`no link in ${text}`);
  return link;
}

invitingTest(
  "e2e: /device add, parley join on another, both talk, /device revoke",
  async (world) => {
    const laptop = await joined(world, "ann");
    const phone = `${world.folder}/phone`;
    const first = startClientProcess(["--data", laptop]);
    await first.say("/device add");
    await first.shows("parley join 'parley://ann@");
    const link = linkIn(first.lines.join("\n"));
    const { code, lines } = await runClient(["join", link, "--data", phone]);
    assertEquals([code, lines.join("").includes("you are ann on")], [0, true]);
    await first.shows("one more device of yours has come in");
    const second = startClientProcess(["--data", phone]);
    await second.say("from the phone");
    await first.shows("ann: from the phone");
    await first.say("from the laptop");
    await second.shows("ann: from the laptop");
    await first.say("/devices");
    await first.shows("this one, here now");
    const device = /come in: (\d+)/.exec(first.lines.join("\n"))![1]!;
    await first.say(`/device revoke ${device}`);
    await second.shows("this device was revoked");
    assertEquals(await second.ended(), 5);
    const again = await runClient(["send", "--data", phone, "lobby", "still here?"]);
    assertEquals(again.code, 5);
    assertStringIncludes(again.lines.join(" "), "revoked");
    assertEquals(await first.finish(), 0);
    const used = await runClient(["join", link, "--data", `${world.folder}/eve`]);
    assertEquals(used.code, 2);
    const wrong = await runClient(["join", link, "--data", `${world.folder}/eve`, "--name", "eve"]);
    assertEquals(wrong.code, 1);
    assertStringIncludes(wrong.lines.join(" "), "for a device of ann");
  },
);

invitingTest("e2e: parleyd recover lets a user in who lost all devices", async (world) => {
  await joined(world, "ann");
  const { out, code } = await operator(world.server.data, "recover", "Ann");
  assertEquals(code, 0);
  const found = `${world.folder}/found`;
  assertEquals((await runClient(["join", linkIn(out), "--data", found])).code, 0);
  const reader = startClientProcess(["--data", found]);
  await reader.say("here again");
  await reader.shows("ann: here again");
  assertEquals(await reader.finish(), 0);
  const nobody = await operator(world.server.data, "recover", "nobody");
  assertEquals(nobody.code === 0, false);
  assertStringIncludes(nobody.err, "there is no such user");
});

invitingTest("e2e: a sealed key opens with its passphrase alone", async (world) => {
  const data = await joined(world, "ann");
  const [right, wrong] = [`${world.folder}/right`, `${world.folder}/wrong`];
  await Deno.writeTextFile(right, "correct horse\n");
  await Deno.writeTextFile(wrong, "battery staple\n");
  const key = (...args: string[]) => runClient(["key", ...args, "--data", data]);
  const send = (...args: string[]) => runClient(["send", ...args, "--data", data, "lobby", "hi"]);
  const sealed = await key("seal", "--new-passphrase-file", right);
  assertEquals(sealed.code, 0, sealed.lines.join(" "));
  const nobody = await send();
  assertEquals(nobody.code, 1);
  assertStringIncludes(nobody.lines.join(" "), "--passphrase-file");
  const guessed = await send("--passphrase-file", wrong);
  assertEquals(guessed.code, 1);
  assertStringIncludes(guessed.lines.join(" "), "the passphrase does not open");
  assertEquals((await send("--passphrase-file", right)).code, 0);
  assertEquals((await send("--passphrase-file", `${world.folder}/none`)).code, 1);
  assert((await key("unseal", "--passphrase-file", wrong)).code !== 0);
  assertEquals((await key("unseal", "--passphrase-file", right)).code, 0);
  assertEquals((await send()).code, 0);
});

const noScreen = whyNoScreen();
const onScreen = noScreen
  ? (name: string) => Deno.test({ name: `${name} (${noScreen})`, ignore: true, fn: () => {} })
  : invitingTest;

onScreen(
  "e2e: on a terminal a passphrase is asked for and not shown, and a link is drawn",
  async (world) => {
    const ann = await joined(world, "ann");
    const parley = programCommand("client").map((part) => `'${part}'`).join(" ");
    const run =
      `${parley} key seal --data ${ann}; ${parley} --plain --data ${ann}; echo exit $?; exec cat`;
    await using screen = await Screen.open([120, 60], () => run);
    const asks = (part: string) =>
      screen.until((lines) => lines.some((line) => line.startsWith(part)));
    await asks("New passphrase:");
    await screen.enter("correct horse");
    await asks("Once more:");
    await screen.enter("correct horse");
    const sealed = await asks("Passphrase of ");
    assert(!sealed.join("\n").includes("correct"), "nothing of it is shown");
    await screen.enter("battery staple");
    await asks("That is not it.");
    await screen.enter("correct horse");
    await asks("connected to");
    await screen.enter("/device add 2h");
    const drawn = await screen.until((lines) =>
      lines.some((line) => line.includes("parley join 'parley://ann@")) &&
      lines.filter((line) => /[▀▄█]{3}/.test(line)).length > 15
    );
    assert(!drawn.join("\n").includes("correct"));
    await screen.enter("/quit");
    await screen.until((lines) => lines.includes("exit 0"));
  },
);
