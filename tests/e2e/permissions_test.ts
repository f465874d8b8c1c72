/**
 * What the programs may do, all of it: whoever adds to it has to add to this list, and to
 * docs/SECURITY.md.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { programs, runtimeArgs } from "../../scripts/compile.ts";
import { machineTest, permittedTest } from "../support/permitted.ts";
import { startServerProcess } from "../support/server_process.ts";
import { base, finishedTrace, tracing } from "../support/strace.ts";
import { makeDevice, WireClient } from "../support/wire_client.ts";

const filesAndNet = ["--allow-net", "--allow-read", "--allow-write", "--deny-import"];
const allowed: Readonly<Record<string, readonly string[]>> = {
  parleyd: [
    ...["--no-prompt", "--no-code-cache", ...filesAndNet],
    ...["--allow-sys=statfs", "--unstable-worker-options"],
    "--v8-flags=--heap-growing-percent=30,--max-semi-space-size=16",
  ],
  parley: [
    ...["--no-prompt", "--no-code-cache", ...filesAndNet],
    "--allow-env=HOME,XDG_DATA_HOME,XDG_CONFIG_HOME,APPDATA,PARLEY_SERVER,PARLEY_NAME," +
    "PARLEY_PROFILE,TERM,LC_ALL,LC_CTYPE,LANG,COLORFGBG",
  ],
};

Deno.test("compile: each program is given exactly these permissions", () => {
  const given = programs.map((program) => [program.name, runtimeArgs(program)]);
  assertEquals(Object.fromEntries(given), allowed);
});

const mayEnv = Deno.permissions.querySync({ name: "env" }).state === "granted";
const dist = mayEnv ? Deno.env.get("PARLEY_DIST") : undefined;
const compiled = { name: "PARLEY_DIST", isThere: () => dist !== undefined };

/** What stands in an executable about what it may do. */
async function embedded(program: string): Promise<Record<string, unknown>> {
  const text = new TextDecoder("latin1").decode(await Deno.readFile(`${dist}/${program}`));
  const found = /"permissions":(\{"allow_env"[^}]*\})/.exec(text);
  assert(found, "no permissions in the executable");
  return JSON.parse(found[1]!);
}

for (const [program, env] of [["parleyd", null], ["parley", allowed.parley!.at(-1)]] as const) {
  machineTest(
    `compiled: ${program} runs no program, loads no library, and reads no environment but its own`,
    ["read"],
    compiled,
    async () => {
      const { allow_import: _, ...rest } = await embedded(program);
      const names = env?.replace("--allow-env=", "").split(",") ?? null;
      const none = { deny_env: null, deny_net: null, deny_read: null, deny_write: null };
      assertEquals(rest, {
        ...{ ...none, allow_env: names, allow_net: [], allow_read: [], allow_write: [] },
        ...{ allow_run: null, deny_run: null, allow_ffi: null, deny_ffi: null },
        ...{ allow_sys: env ? null : ["statfs"], deny_sys: null, deny_import: [], prompt: false },
      });
    },
  );
}

permittedTest("the server and the client give up reading and writing files", ["read"], async () => {
  for (
    const [path, name] of [["server/parleyd", "dropPermissions"], [
      "client/cli/opening",
      "giveUpFiles",
    ]]
  ) {
    const source = await Deno.readTextFile(new URL(`../../lib/${path}.ts`, import.meta.url));
    const body = source.slice(source.indexOf(`function ${name}(`));
    // All that it does, from its first line on.
    const all =
      /^[^\n]+\n {2}for \(const name of \["read", "write"(?:, "sys")?\] as const\) Deno\.permissions\.revokeSync\(\{ name \}\);\n\}/;
    assert(all.test(body), name);
    assert(source.split(name!).length > 2, `${name} is not called`);
  }
});

permittedTest("the Workers that write have rights of their own: the folder", ["read"], async () => {
  const read = (file: string) =>
    Deno.readTextFile(new URL(`../../lib/store/${file}.ts`, import.meta.url));
  for (
    const [starter, writable] of [
      ["worker_log", "[folder]"],
      ["worker_search", "databaseFiles(wordsPath)"],
    ]
  ) {
    const starts = await read(starter!);
    const given = /const permissions = (\{.*\});/.exec(starts)?.[1];
    assertEquals(given, `{ read: [folder], write: ${writable}, sys: ["statfs"] }`);
    assert(starts.includes('{ type: "module", deno: { permissions } }'));
  }
  const opened = await read("writer_worker");
  assert(/\n {4}Deno\.permissions\.revokeSync\(\{ name: "write" \}\);\n/.test(opened));
});

const needs = ["net", "read", "write", "run", "env"] as const;

machineTest(
  "wire: a server that serves opens no file and runs nothing",
  needs,
  tracing,
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "parley-trace-" });
    const log = `${folder}/strace.log`;
    let pid = 0;
    try {
      const calls = "openat,open,creat,execve,execveat,accept4";
      const traced = [...base(log), "-e", `trace=${calls}`];
      await using server = await startServerProcess(`${folder}/data`, 0, traced);
      pid = server.pid;
      for (const name of ["alice", "bob", "carol"]) await useAll(server.port, name);
      server.kill("SIGTERM");
      await server.ended();
      const lines = (await finishedTrace(log, pid)).split("\n");
      const connected = lines.flatMap((line, at) => /accept4.* = \d+$/.test(line) ? [at] : []);
      assertEquals(connected.length, 3);
      const opening = /(open|openat|creat|execve|execveat)(\(| resumed)/;
      assert(lines.slice(0, connected[0]).some((line) => opening.test(line)), "opens are seen");
      assertEquals(
        lines.slice(connected[1], connected[2]).filter((line) => opening.test(line)),
        [],
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** Does a little of all that a client can ask for. */
async function useAll(port: number, name: string): Promise<void> {
  const client = await WireClient.open(port, await makeDevice(name));
  await client.submit({ action: "join", room: "dev" });
  for (let at = 0; at < 20; at++) await client.say("lobby", `m${at}`);
  await client.send("history", { request: 1, room: [0, 1], before: 0 });
  await client.next("past");
  await client.send("listRooms", { request: 2, after: "" });
  await client.next("roomList");
  const words = {
    terms: [["m1", false]],
    by: "",
    place: "",
    since: 0,
    until: 0,
    below: 0,
  } as const;
  await client.send("search", { request: 3, ...words });
  await client.next("found");
  client.close();
}
