/**
 * What the programs say to a command line that is wrong, or can't be followed.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { permittedTest } from "../support/permitted.ts";
import { programCommand } from "../support/server_process.ts";

const all = ["net", "read", "write", "run", "env"] as const;

/** Runs a program to its end. */
async function run(program: "server" | "client", ...args: string[]) {
  const [command, ...before] = programCommand(program, "tls");
  const output = await new Deno.Command(command!, { args: [...before, ...args], stdin: "null" })
    .output();
  const decoder = new TextDecoder();
  return {
    code: output.code,
    out: decoder.decode(output.stdout),
    err: decoder.decode(output.stderr),
  };
}

/** Runs a test with a folder that has a file in it, and a port that is taken. */
function test(name: string, check: (folder: string, takenPort: number) => Promise<void>): void {
  permittedTest(`e2e: ${name}`, all, async () => {
    const folder = await Deno.makeTempDir({ prefix: "parley-line-" });
    const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    try {
      await Deno.writeTextFile(`${folder}/file`, "");
      await check(folder, taken.addr.port);
    } finally {
      taken.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

test("parleyd --help shows defaults as they are typed", async () => {
  const { code, out } = await run("server", "--help");
  assertEquals(code, 0);
  assertStringIncludes(out, "(default: 127.0.0.1:7667)");
});

test("parleyd names the address where it can't listen, and what to do", async (folder, port) => {
  const data = ["--data", `${folder}/data`];
  for (
    const [where, address, advice] of [
      [`${port}`, `127.0.0.1:${port}`, "choose another port with --listen"],
      // An address for documentation (RFC 5737): no machine has it.
      ["192.0.2.1:7667", "192.0.2.1:7667", "no interface of this machine"],
    ] as const
  ) {
    const { code, err } = await run("server", "--listen", where, ...data);
    assertEquals(code, 1);
    for (const part of [address, advice]) assertStringIncludes(err, part);
    assert(!err.includes("--help"), err);
  }
  for (const wrong of ["65536", "a:b", ""]) {
    const { code, err } = await run("server", "--listen", wrong, ...data);
    assertEquals(code, 1);
    assertStringIncludes(err, "--help tells more");
  }
});

test("parleyd names the folder that it can't use, and what to do", async (folder) => {
  for (const data of [`${folder}/file`, `${folder}/file/data`, "/dev/full"]) {
    const { code, err } = await run("server", "--listen", "0", "--data", data);
    assertEquals(code, 1);
    assertStringIncludes(err, `the data folder ${data} can't be used: `);
    assertStringIncludes(err, "choose another with --data");
  }
  const { code, err } = await run("server", "--data", "");
  assertEquals(code, 1);
  assertStringIncludes(err, "--help tells more");
});

test("parleyd takes a configuration file, and options before it", async (folder, port) => {
  const file = `${folder}/parleyd.toml`;
  await Deno.writeTextFile(file, `listen = "127.0.0.1:${port}"\ndata = "${folder}/file"\n`);
  const config = ["--config", file];
  const both = await run("server", ...config);
  assertStringIncludes(both.err, `the data folder ${folder}/file can't be used`);
  const typed = await run("server", ...config, "--data", `${folder}/data`);
  assertStringIncludes(typed.err, `can't listen on 127.0.0.1:${port}`);
  const verified = await run("server", ...config, "verify");
  assertStringIncludes(verified.err, `${folder}/file`);
});

test("parleyd says what is wrong in its configuration file", async (folder) => {
  const file = `${folder}/parleyd.toml`;
  await Deno.writeTextFile(file, "# mine\nloginMs = 1\n");
  for (
    const [name, part] of [
      [file, `${file}, line 2: loginMs must be a whole number from 1000 to 60000`],
      [`${folder}/none.toml`, `${folder}/none.toml can't be read`],
    ] as const
  ) {
    const { code, err } = await run("server", "--config", name, "--data", `${folder}/data`);
    assertEquals(code, 1);
    assertStringIncludes(err, part);
  }
});

test("parleyd config prints a file that parleyd takes", async (folder, port) => {
  const { code, out } = await run("server", "config");
  assertEquals(code, 0);
  const file = `${folder}/parleyd.toml`;
  await Deno.writeTextFile(file, out);
  const args = ["--config", file, "--data", `${folder}/data`, "--listen", `${port}`];
  assertStringIncludes((await run("server", ...args)).err, "can't listen");
});

test("parley says what is wrong with its profile", async (folder) => {
  await Deno.writeTextFile(`${folder}/profile`, "what is this?\n");
  const { code, err } = await run("client", "--data", folder);
  assertEquals(code, 1);
  assertStringIncludes(err, `${folder}/profile must hold a name and a server`);
  assert(!err.includes("--help"), err);
});

test("parleyd points to its help for an invite that can't be", async (folder) => {
  const wrong: readonly (readonly [string[], string])[] = [
    [["--uses", "0"], "from 1 to 1000"],
    [["--uses", "1001"], "from 1 to 1000"],
    [["--expires", "0s"], "up to 366d"],
    [["--expires", "367d"], "up to 366d"],
    [["--expires", "soon"], "30m, 24h or 7d"],
    [["--role", "king"], "member, admin, owner"],
    [["--host", "a b"], "such as chat.example"],
  ];
  for (const [args, part] of wrong) {
    const { code, err } = await run("server", "invite", ...args, "--data", folder);
    assertEquals(code, 1);
    assertStringIncludes(err, part);
    assertStringIncludes(err, "--help");
  }
  const nobody = await run("server", "invite", "--data", folder);
  assertEquals([nobody.code, nobody.out], [1, ""]);
  assertStringIncludes(nobody.err, `no server answers at ${folder}/admin.sock`);
  const { out } = await run("server", "invite", "--help");
  assertStringIncludes(out, "parleyd invite --uses 20 --expires 7d");
});

test("parley points to its help for wrong usage, and only for that", async (folder, port) => {
  const who = ["--server", `${port}`, "--name", "al"];
  const wrong: readonly (readonly [string[], string])[] = [
    [["sned", "lobby", "hi"], "there is no command sned; did you mean send?"],
    [[...who, "nothing-like-it"], "there is no command nothing-like-it"],
    [["tail", "a", "b"], "too many arguments"],
    [["send", "--timeout", "1", "lobby", "hi"], "such as 500ms, 30s or 2m"],
    [["--name", "al", "--data", `${folder}/none`], "--server"],
    [["--data", `${folder}/none`], " join INVITE"],
    [["join"], "missing required argument 'invite'"],
    [["join", "parley://chat.example/x"], "This is no invite, or not all of it"],
    [["join", "https://chat.example/"], "This is no invite"],
    [[...who, "--data", ""], "--data"],
  ];
  for (const [args, part] of wrong) {
    const { code, err } = await run("client", ...args);
    assertEquals(code, 1);
    assertStringIncludes(err, part);
    assert(/\(parley( \w+)? --help tells more\)/.test(err), err);
  }
  const { code, err } = await run("client", ...who, "--data", `${folder}/file`);
  assertEquals(code, 1);
  assertStringIncludes(err, `${folder}/file`);
  assert(!err.includes("--help"), err);
});

test("parley and all of its commands show examples, of commands that there are", async () => {
  const { out } = await run("client", "complete-words", "--", "");
  const commands = out.trimEnd().split("\n").map((line) => line.split("\t")[0]!);
  assert(commands.length >= 10, out);
  for (const command of ["", ...commands, "complete-words"]) {
    const help = await run("client", ...command === "" ? [] : [command], "--help");
    assertEquals(help.code, 0);
    const [, examples = ""] = help.out.split("\nExamples:\n");
    const typed = [
      ...examples.matchAll(/(?:^ {2}|[|(] ?)parley((?: --\w+ \w+)*)(?: (\w[\w-]*))?/gm),
    ];
    assert(typed.length > 0, `parley ${command} --help has no example`);
    for (const [line, , word] of typed) {
      const isKnown = word === undefined || [...commands, "complete-words", "talk"].includes(word);
      assert(isKnown || line.includes("  "), `${command}: ${line}`);
    }
  }
});

test("parleyd and all of its commands show examples", async () => {
  const { out } = await run("server", "--help");
  const commands = [...out.matchAll(/^ {2}([a-z]+) .*$/gm)].map((one) => one[1]!)
    .filter((name) => !["help", "parleyd"].includes(name));
  assert(commands.length >= 7, out);
  for (const command of ["", ...commands]) {
    const help = await run("server", ...command === "" ? [] : [command], "--help");
    assertStringIncludes(help.out, "\nExamples:\n  parleyd", command);
  }
});

test("parley points to the help of the command that was typed", async () => {
  for (
    const [args, where] of [[["send"], "parley send"], [["who", "a b"], "parley who"]] as const
  ) {
    assertStringIncludes((await run("client", ...args)).err, `(${where} --help tells more)`);
  }
});

test("parley says which file it can't use, and what to do", async (folder) => {
  // Where nobody listens.
  const port = 1;
  const who = ["--server", `${port}`, "--name", "al", "--data", folder];
  const own = `${folder}/al@127.0.0.1_${port}`;
  await Deno.mkdir(own);
  const wrong: readonly (readonly [string, string, string[], string])[] = [
    ["mailbox.db", "x".repeat(5_000), [], "put mailbox.db away, and all but what was not sent"],
    ["device.key", "no key", [], `${own}/device.key holds no key`],
    ["server.fingerprint", "no", [], `${own}/server.fingerprint holds no fingerprint; delete it`],
  ];
  for (const [name, text, args, part] of wrong) {
    await Deno.writeTextFile(`${own}/${name}`, text);
    const { code, err } = await run("client", "rooms", ...who, ...args);
    assertEquals(code, 1);
    assertStringIncludes(err, part);
    await Deno.remove(`${own}/${name}`);
  }
  await run("client", "rooms", ...who);
  const none = `${folder}/none`;
  const unread = await run("client", "key", "seal", "--new-passphrase-file", none, ...who);
  assertEquals(unread.code, 1);
  assertStringIncludes(unread.err, `${none} can't be read`);
  await Deno.writeTextFile(`${folder}/pass`, "correct horse\n");
  const pass = `${folder}/pass`;
  assertEquals((await run("client", "key", "seal", "--new-passphrase-file", pass, ...who)).code, 0);
  const sealed = await run("client", "rooms", ...who);
  assertStringIncludes(sealed.err, "is sealed: start it on a terminal, or give --passphrase-file");
});

test("parley and its commands tell all exit codes", async () => {
  for (const args of [["--help"], ["send", "--help"], ["join", "--help"]]) {
    const { code, out } = await run("client", ...args);
    assertEquals(code, 0);
    const codes = [...out.slice(out.indexOf("Exit codes:")).matchAll(/^ {2}([\dn+]+) /gm)];
    assertEquals(codes.map((one) => one[1]), ["0", "1", "2", "3", "4", "5", "6", "128+n"]);
  }
});

test("clear text is refused away from this machine, unless it was meant", async (folder) => {
  const data = ["--data", `${folder}/data`];
  for (const value of ["--plaintext", "--plaintext=loopback"]) {
    const { code, err } = await run("server", value, "--listen", "0.0.0.0:0", ...data);
    assertEquals(code, 1);
    assertStringIncludes(err, "Leave out --plaintext");
    assertStringIncludes(err, "--plaintext=anywhere");
  }
  const who = ["--server", "chat.invalid", "--name", "al", "--data", folder];
  for (const args of [["--plaintext", "send", "lobby", "hi"], ["tail", "--plaintext"]]) {
    const { code, err } = await run("client", ...who, ...args);
    assertEquals(code, 1);
    assertStringIncludes(err, "everybody on the way to chat.invalid:7667");
  }
  // Where it is meant, it goes as far as it can: here, to an address that is not this machine's.
  const meant = await run(
    "server",
    "--plaintext=anywhere",
    "--listen",
    "203.0.113.7:7667",
    ...data,
  );
  assertStringIncludes(meant.err, "can't listen on 203.0.113.7:7667");
  assertStringIncludes((await run("client", "--plaintext=yes")).err, "Write --plaintext or");
});
