/**
 * Moderation with the two programs as their users run them.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type ClientProcess, startClientProcess } from "../support/client_process.ts";
import { runClient } from "../support/e2e.ts";
import { invitingTest, type InvitingWorld, operator } from "../support/inviting.ts";

/** Somebody who came in by an invite, and sits there. */
async function somebody(
  { folder, invite }: InvitingWorld,
  name: string,
  role = "member",
): Promise<ClientProcess & { readonly data: string }> {
  const data = `${folder}/${name}`;
  const link = (await invite("--role", role)).out;
  assertEquals((await runClient(["join", link, "--data", data, "--name", name])).code, 0);
  const client = startClientProcess(["--data", data]);
  await client.shows(`--> ${name} is new here`);
  return { ...client, data };
}

invitingTest("e2e: a kick, a mute and a ban, as all see them", async (world) => {
  const olga = await somebody(world, "olga", "owner");
  const bob = await somebody(world, "bob");
  await olga.say("/join dev");
  await olga.shows("olga made dev");
  await bob.say("/join dev");
  await olga.shows("bob joined dev");
  await olga.say("/kick bob too loud");
  for (const one of [olga, bob]) await one.shows("<-- olga kicked bob from dev: too loud");
  await bob.say("am I here?");
  await bob.shows("you are not a member of this room");
  await bob.shows("! you are no longer a member of dev");
  await bob.say("/join lobby");
  await olga.say("/join lobby");
  await olga.say("/mute bob 2h spam");
  await bob.shows("--- olga muted bob in this server until");
  await bob.say("/msg olga please");
  await bob.shows("a moderator muted you");
  await olga.say("/unmute bob");
  await bob.shows("olga lets bob write in this server again");
  await bob.say("/kick olga");
  await bob.shows("you may not do this here");
  await olga.say("/ban bob enough");
  await bob.shows("this user or this device was banned from this server");
  assertEquals(await bob.ended(), 2);
  await olga.shows("<-- olga banned bob from this server: enough");
  const again = await runClient(["send", "--data", bob.data, "lobby", "hi"]);
  assertEquals(again.code, 2);
  assertStringIncludes(again.lines.join(" "), "banned");
  assertEquals(await olga.finish(), 0);
  const { out } = await operator(world.server.data, "audit", "--user", "bob");
  for (const what of ["olga kicked bob in dev: too loud", "olga banned bob in lobby: enough"]) {
    assertStringIncludes(out, what);
  }
});

invitingTest("e2e: a private room, an invitation to it, and a blocked user", async (world) => {
  const olga = await somebody(world, "olga", "owner");
  const bob = await somebody(world, "bob");
  await olga.say("/private attic");
  await olga.shows("olga made the private room attic");
  await bob.say("/join attic");
  await bob.shows("this room is private");
  await olga.say("/invite bob attic");
  await bob.shows("olga invites you to attic (/join attic)");
  await bob.say("/join attic");
  await bob.shows("bob joined attic");
  await bob.say("/rooms");
  await bob.shows("attic: 2 members, you too");
  await bob.say("/join lobby");
  await bob.say("/block olga");
  await bob.shows("you take nothing more from olga");
  await olga.say("/join lobby");
  await olga.say("can bob read this?");
  await olga.shows("olga: can bob read this?");
  await olga.say("/msg bob hello?");
  await olga.shows("this user takes no messages from you");
  await bob.say("/unblock olga");
  await bob.shows("you take messages from olga again");
  await olga.say("and this?");
  await bob.shows("olga: and this?");
  assert(
    !bob.lines.some((line) => line.includes("can bob read this?")),
    "what was hidden stays so",
  );
  for (const one of [olga, bob]) await one.finish();
});
