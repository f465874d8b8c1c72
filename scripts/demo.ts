/**
 * `deno task demo`: a server and three clients as real processes talk; the server is killed in the
 * middle. Prints what each user sees, and fails unless that is exactly right.
 *
 * @module
 */

import { type ClientProcess, startClientProcess } from "../tests/support/client_process.ts";
import {
  openArgs,
  type ServerProcess,
  startServerProcess,
} from "../tests/support/server_process.ts";

const names = ["alice", "bob", "carol"] as const;
type Name = (typeof names)[number];

/** A message of the demo, and everybody who must see it, once. */
interface Line {
  readonly from: Name;
  readonly typed: string;
  readonly text: string;
  readonly seenBy: readonly Name[];
}

const line = (from: Name, text: string, seenBy: readonly Name[], before = ""): Line => ({
  from,
  typed: before + text,
  text,
  seenBy,
});

const inTheLobby: readonly Line[] = [
  line("alice", "good morning, everybody", names),
  line("bob", "morning! this goes to all who are there", names),
  line("carol", "and to all who come later", names),
];
const inTheRoom: readonly Line[] = [
  line("alice", "only members read this", ["alice", "bob"]),
  line("bob", "so carol does not", ["alice", "bob"]),
];
const direct: readonly Line[] = [
  line("bob", "between the two of us", ["bob", "carol"], "/msg carol "),
];
const whileDown: readonly Line[] = [
  line("alice", "typed in the garden while the server was dead", ["alice", "bob"]),
  line("carol", "typed in the lobby while the server was dead", names),
];
const after: readonly Line[] = [
  line("bob", "nothing was lost", ["alice", "bob"]),
];
const all = [...inTheLobby, ...inTheRoom, ...direct, ...whileDown, ...after];

type Clients = Readonly<Record<Name, ClientProcess>>;

async function say(clients: Clients, lines: readonly Line[]): Promise<void> {
  for (const { from, typed, text, seenBy } of lines) {
    await clients[from].say(typed);
    for (const name of seenBy) await clients[name].shows(text);
  }
}

async function talk(clients: Clients, world: { server: ServerProcess; data: string }) {
  await say(clients, inTheLobby);
  await clients.alice.say("/join garden");
  await clients.alice.shows("alice made garden");
  await clients.bob.say("/join garden");
  await clients.alice.shows("bob joined garden");
  await say(clients, inTheRoom);
  await say(clients, direct);
  console.log(
    "-- the server is killed with SIGKILL, two messages are typed, it is started again\n",
  );
  world.server.kill("SIGKILL");
  await world.server.ended();
  for (const name of names) await clients[name].shows("no connection");
  for (const { from, typed } of whileDown) await clients[from].say(typed);
  world.server = await startServerProcess(
    world.data,
    world.server.port,
    [],
    openArgs,
    "clear",
    null,
  );
  for (const { text, seenBy } of whileDown) {
    for (const name of seenBy) await clients[name].shows(text);
  }
  await say(clients, after);
}

/** What is wrong: each line must stand in the transcript of each who is meant, once, in order. */
function faults(transcripts: Readonly<Record<Name, readonly string[]>>): string[] {
  return names.flatMap((name) => {
    const places = all.map(({ text }) => {
      return transcripts[name].flatMap((shown, at) => shown.endsWith(text) ? [at] : []);
    });
    const counts = all.flatMap(({ text, seenBy }, at) => {
      const wanted = seenBy.includes(name) ? 1 : 0;
      const seen = places[at]!.length;
      return seen === wanted ? [] : [`${name} saw "${text}" ${seen} times, not ${wanted}`];
    });
    // What was typed while the server was dead came from two senders: their order is the log's.
    const ordered = places.flatMap((found, at) => whileDown.includes(all[at]!) ? [] : found);
    const sorted = ordered.toSorted((a, b) => a - b);
    return String(ordered) === String(sorted) ? counts : [...counts, `${name} saw another order`];
  });
}

function summary(transcripts: Readonly<Record<Name, readonly string[]>>): void {
  const saw = (name: Name, text: string) => transcripts[name].some((shown) => shown.endsWith(text));
  const accepted = all.filter(({ from, text }) => saw(from, text)).length;
  const meant = all.reduce((sum, { seenBy }) => sum + seenBy.length, 0);
  const delivered = all.reduce(
    (sum, { text, seenBy }) => sum + seenBy.filter((name) => saw(name, text)).length,
    0,
  );
  console.log(`sent ${all.length}, accepted ${accepted}, delivered ${delivered} of ${meant}`);
  for (const { from, text } of all) {
    const readers = names.filter((name) => saw(name, text)).join(", ");
    console.log(`  ${from}: "${text}" was seen by ${readers}`);
  }
}

const data = await Deno.makeTempDir({ prefix: "parley-demo-" });
const world = {
  server: await startServerProcess(`${data}/server`, 0, [], openArgs, "clear", null),
  data: `${data}/server`,
};
const server = `127.0.0.1:${world.server.port}`;
const clients = Object.fromEntries(names.map((name) => [
  name,
  startClientProcess(["--server", server, "--name", name, "--data", `${data}/${name}`]),
])) as Clients;
let failed = false;
try {
  console.log(`-- parleyd listens on ${server}; ${names.join(", ")} connect\n`);
  for (const name of names) {
    for (const other of names) await clients[name].shows(`${other} is new here`);
  }
  await talk(clients, world);
} catch (error) {
  failed = true;
  console.error((error as Error).message);
}
for (const name of names) await clients[name].finish();
world.server.kill("SIGTERM");
await world.server.ended();
await Deno.remove(data, { recursive: true });

const transcripts = Object.fromEntries(
  names.map((name) => [name, clients[name].lines]),
) as Record<Name, readonly string[]>;
for (const name of names) {
  console.log(`-- what ${name} saw\n${transcripts[name].join("\n")}\n`);
}
summary(transcripts);
const wrong = faults(transcripts);
for (const fault of wrong) console.error(`wrong: ${fault}`);
console.log(
  failed || wrong.length > 0 ? "NOT as promised" : "every message, to everybody meant, once",
);
Deno.exit(failed || wrong.length > 0 ? 1 : 0);
