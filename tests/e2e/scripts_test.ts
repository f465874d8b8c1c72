/**
 * The commands for scripts: alone, beside a program that holds the connection, and without a server.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { startClientProcess } from "../support/client_process.ts";
import { connection, e2e } from "../support/e2e.ts";

/** Runs a command to its end: exit code, standard output, standard error. */
async function run(...args: string[]) {
  const client = startClientProcess(args);
  const code = await client.finish();
  const { lines, printed } = client;
  return {
    code,
    out: printed.join("\n"),
    err: lines.filter((one) => !printed.includes(one)).join(),
  };
}

/** What a JSON line says, but for what is new each time. */
function said(out: string): unknown[] {
  return out.split("\n").map((line) => {
    const { lsn: _, time: __, ...rest } = JSON.parse(line);
    return rest;
  });
}

e2e(
  "rooms, who, history and tail --since answer scripts, alone and beside another",
  async (world, folder) => {
    const al = connection(world.port, "al", folder);
    const bob = connection(world.port, "bob", folder);
    assertEquals((await run("send", ...al, "lobby", "one")).code, 0);
    assertEquals((await run("send", ...bob, "lobby", "two")).code, 0);
    assertEquals((await run("send", ...bob, "@al", "psst")).code, 0);
    const bobs = startClientProcess(bob);
    await bobs.say("/join dev");
    await bobs.shows("bob made dev");
    const answers = async () => {
      const rooms = await run("rooms", ...al, "--json");
      assertEquals([rooms.code, said(rooms.out)], [0, [
        { kind: "room", room: "dev", members: 1, member: false },
        { kind: "room", room: "lobby", members: 2, member: true },
      ]]);
      const who = await run("who", ...al, "--json");
      assertEquals([who.code, said(who.out)], [0, [
        { kind: "member", room: "lobby", user: "al", present: true },
        { kind: "member", room: "lobby", user: "bob", present: true },
      ]]);
      assertEquals((await run("who", ...al)).out, "al   here\nbob  here");
      const last = await run("history", ...al, "lobby", "--limit", "1", "--json");
      assertEquals([last.code, said(last.out)], [0, [
        { kind: "message", room: "lobby", user: "bob", own: false, text: "two", act: false },
      ]]);
      const { lsn } = JSON.parse(last.out);
      const before = await run("history", ...al, "lobby", "--before", `${lsn}`, "--limit", "2");
      assertEquals(before.out.split("\n").map((line) => line.slice(7)), [
        "lobby  al: one",
        "--> bob is new here",
      ]);
      assertStringIncludes((await run("history", ...al, "@bob")).out, "psst");
      const old = await run("history", ...al, "lobby", "--before", "1d");
      assertEquals([old.code, old.out], [0, ""]);
      for (
        const [args, part] of [
          [["who", "nowhere"], "there is no such room; parley rooms lists all, and"],
          [["history", "dev"], "you are not a member of dev"],
          [["history", "@zed"], "there is no user zed here"],
        ] as const
      ) {
        const { code, out, err } = await run(...args, ...al);
        assertEquals([code, out], [2, ""]);
        assertStringIncludes(err, part);
      }
      const tail = startClientProcess(["tail", ...al, "--since", "1h", "lobby"]);
      await tail.shows("bob: two");
      tail.kill("SIGINT");
      assertEquals(await tail.ended(), 130);
      assertStringIncludes(tail.printed.join(), "al: one");
    };
    await answers();
    const screen = startClientProcess(al);
    await screen.shows("connected to");
    await answers();
    assertEquals([await screen.finish(), await bobs.finish()], [0, 0]);
  },
);

e2e(
  "without a connection scripts print what the mailbox holds, and exit with 3",
  async (world, folder) => {
    const al = connection(world.port, "al", folder);
    assertEquals((await run("send", ...al, "lobby", "one")).code, 0);
    world.server.kill("SIGKILL");
    await world.server.ended();
    const answers = async (why: string) => {
      const rooms = await run("rooms", ...al);
      assertEquals([rooms.code, rooms.out], [3, "lobby  you are a member"]);
      assertStringIncludes(
        rooms.err,
        `${why}: what follows is from this device's mailbox, as of 2`,
      );
      const history = await run("history", ...al, "lobby");
      assertEquals([history.code, history.out.slice(-7)], [3, "al: one"]);
      const who = await run("who", ...al);
      assertEquals([who.code, who.out], [3, ""]);
      assertStringIncludes(who.err, `${why}: only the server knows this`);
    };
    await answers(`nobody listens at 127.0.0.1:${world.port}`);
    const waiting = startClientProcess(["tail", ...al]);
    await waiting.shows("nobody listens at");
    await answers("the other parley has no connection");
    waiting.kill("SIGINT");
    await waiting.ended();
  },
);
