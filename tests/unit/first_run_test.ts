import { assertEquals, assertStringIncludes } from "@std/assert";
import { firstRun, whyNoWay, type Wish } from "../../lib/client/first_run.ts";
import type { Joined } from "../../lib/client/join.ts";
import { profileLines } from "../../lib/client/cli/profiles.ts";
import {
  isProfileName,
  listProfiles,
  profileFolder,
  writeProfile,
} from "../../lib/client/profile.ts";
import { codes } from "../../lib/errors.ts";
import { safe } from "../../lib/safe_text.ts";
import { permittedTest } from "../support/permitted.ts";

const link = `parley://chat.example:7667/${"ab".repeat(32)}#${"cd".repeat(16)}`;
const fingerprint = "ef".repeat(32);
const joined: Joined = { exitCode: 0, why: safe`you are in` };

/** Runs it on answers of a person, of servers, and of attempts to come in. */
async function run(
  typed: string[],
  outcomes: (Joined | number)[] = [joined],
  given: Parameters<typeof firstRun>[1] = {},
  look: Awaited<ReturnType<Parameters<typeof firstRun>[0]["look"]>> = { fingerprint },
) {
  const [asked, said, wishes]: [string[], string[], Wish[]] = [[], [], []];
  const exitCode = await firstRun({
    ask: (question) => {
      asked.push(question.split(" ").slice(0, 2).join(" "));
      return typed.shift() ?? null;
    },
    say: (line) => void said.push(line),
    look: () => Promise.resolve(look),
    join: (wish) => {
      wishes.push(wish);
      return Promise.resolve(outcomes.shift() ?? 1);
    },
  }, given);
  return { exitCode, asked, said, wishes, left: typed.length };
}

const names = (wishes: readonly Wish[]) => wishes.map(({ name }) => name);

Deno.test("firstRun() needs a link and a name, and no question of trust", async () => {
  const { exitCode, asked, wishes } = await run([link, "ann"]);
  assertEquals([exitCode, asked], [0, ["Your invite", "Your name"]]);
  const [wish] = wishes;
  assertEquals(wish?.address, { hostname: "chat.example", port: 7667 });
  assertEquals([wish?.name, wish?.invite?.token.length, wish?.fingerprint], ["ann", 16, null]);
  const own = await run([link.replace("//", "//bob@")]);
  assertEquals([own.exitCode, own.asked, names(own.wishes)], [0, ["Your invite"], ["bob"]]);
});

Deno.test("firstRun() says at the keyboard what is wrong, and asks again", async () => {
  const { exitCode, said, wishes } = await run(["", "no way", "what?", link, "a b", "", "ann"]);
  assertEquals([exitCode, names(wishes)], [0, ["ann"]]);
  assertStringIncludes(said[0]!, "neither an invite");
  assertEquals(said[1], said[0]);
  assertStringIncludes(said[2]!, "a name is 1 to 32");
});

Deno.test("firstRun() says that a link is cut short, and takes its rest", async () => {
  for (const cuts of [[60], [100], [92], [30, 80, 110]]) {
    const parts = [0, ...cuts].map((from, at) => link.slice(from, cuts[at]));
    const { exitCode, said, wishes, left } = await run([...parts, "ann"]);
    assertEquals([exitCode, left, names(wishes)], [0, 0, ["ann"]], cuts.join());
    assertEquals(
      said.slice(0, -1).map((line) => /^this invite is cut short: (\d+)/.exec(line)?.[1]),
      cuts.map((at) => `${link.length - at}`),
    );
  }
  const whole = await run([link.slice(0, -3), link, "ann"]);
  assertEquals([whole.exitCode, whole.left], [0, 0]);
  const other = await run([link.slice(0, -3), "chat.example", "yes", "ann"]);
  assertEquals(other.wishes[0]?.invite, null);
  assertStringIncludes(whyNoWay(`${link}0`), "this is no invite. It looks like");
  assertStringIncludes(whyNoWay(link.replace("ab", "zz")), "this is no invite. It looks like");
});

Deno.test("firstRun() shows the fingerprint where only an address was given", async () => {
  const { exitCode, asked, said, wishes } = await run(["chat.example", "what?", "yes", "ann"]);
  assertEquals(exitCode, 0);
  assertEquals(asked, ["Your invite", "Is it", "Is it", "Your name"]);
  assertStringIncludes(said.join("\n"), fingerprint);
  assertEquals([wishes[0]?.fingerprint, wishes[0]?.invite], [fingerprint, null]);
  const wrong = await run(["chat.example", "no", link, "ann"]);
  assertEquals([wrong.exitCode, wrong.wishes[0]?.fingerprint], [0, null]);
  const away = await run(["chat.example", link, "ann"], [joined], {}, safe`nobody listens`);
  assertEquals([away.exitCode, away.said[0], away.left], [0, "nobody listens", 0]);
});

Deno.test("firstRun() asks for nothing that was given", async () => {
  const address = { hostname: "chat.example", port: 1 };
  const named = await run(["yes"], [joined], { address, name: "ann" });
  assertEquals([named.exitCode, named.asked], [0, ["Is it"]]);
  const nameless = await run([link], [joined], { name: "ann" });
  assertEquals([nameless.asked, names(nameless.wishes)], [["Your invite"], ["ann"]]);
});

Deno.test("firstRun() asks again for what the server refused", async () => {
  const why = safe`not joined`;
  const taken = { exitCode: 2, why, code: codes.nameTaken };
  const used = { exitCode: 2, why, code: codes.usedInvite };
  const names = await run([link, "ann", "bea"], [taken, joined]);
  assertEquals(names.asked, ["Your invite", "Your name", "Your name"]);
  const links = await run([link, "ann", link, "bea"], [used, joined]);
  assertEquals(links.asked, ["Your invite", "Your name", "Your invite", "Your name"]);
  const again = await run(["chat.example", "yes", "ann", "bea"], [taken, joined]);
  assertEquals([again.asked.filter((one) => one === "Is it").length, again.wishes.length], [1, 2]);
  const own = await run([link.replace("//", "//bob@"), link, "bea"], [taken, joined]);
  assertEquals([own.exitCode, own.left], [0, 0], "another link is needed for another name");
});

Deno.test("firstRun() ends when somebody leaves, at each question", async () => {
  for (const typed of [[], [link], ["chat.example"]]) {
    const { exitCode, wishes } = await run(typed);
    assertEquals([exitCode, wishes], [130, []]);
  }
  assertEquals((await run([link, "ann"], [143])).exitCode, 143);
  assertEquals((await run(["chat.example"], [], {}, 130)).exitCode, 130);
});

Deno.test("a profile's name is no way out of the data folder", () => {
  for (const name of ["..", ".", ".x", "a/b", "a\\b", "", "é", "x".repeat(33)]) {
    assertEquals(isProfileName(name), false, name);
  }
  assertEquals(profileFolder("data", "DEFAULT"), "data");
  assertEquals(profileFolder("data", "Work"), profileFolder("data", "work"));
});

permittedTest(
  "listProfiles() finds those in which somebody has joined",
  ["read", "write"],
  async () => {
    const data = await Deno.makeTempDir({ prefix: "parley-profiles-" });
    try {
      const server = { hostname: "chat", port: 1 };
      assertEquals(listProfiles(`${data}/none`), []);
      for (const name of ["work", "empty", ".git", "default"]) {
        await Deno.mkdir(`${data}/profiles/${name}`, { recursive: true });
      }
      for (const name of ["work", "default"]) {
        writeProfile(`${data}/profiles/${name}`, { name: "al", server });
      }
      const names = () => listProfiles(data).map(({ name }) => name);
      assertEquals(names(), ["work"]);
      writeProfile(profileFolder(data, "default"), { name: "bo", server });
      assertEquals(names(), ["default", "work"]);
      assertEquals(profileLines(listProfiles(data), "WORK", false).map(String), [
        "  default  bo on chat:1",
        "* work     al on chat:1",
      ]);
      assertEquals(JSON.parse(profileLines(listProfiles(data), "WORK", true)[1]!), {
        ...{ kind: "profile", profile: "work", user: "al", server: "chat:1", current: true },
      });
    } finally {
      await Deno.remove(data, { recursive: true });
    }
  },
);
