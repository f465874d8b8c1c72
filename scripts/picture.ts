/**
 * `deno task picture`: runs a server and two users in terminals, kills the server in the middle, and
 * draws what the two see as docs/session.svg.
 *
 * @module
 */

import { Screen } from "../tests/support/screen.ts";
import { openArgs, programCommand, startServerProcess } from "../tests/support/server_process.ts";

const columns = 62;
const rows = 17;
const cell = { width: 7.6, height: 17 };
const margin = 14;

/** Opens a user's client in a terminal. */
function openUser(name: string, port: number): Promise<Screen> {
  const program = [...programCommand("client"), "--plain"].map((part) => `'${part}'`).join(" ");
  return Screen.open([columns, rows], (folder) => {
    const args = `--server 127.0.0.1:${port} --name ${name} --data ${folder}/data`;
    return `env NO_COLOR=1 ${program} ${args}; exec cat`;
  });
}

function shows(screen: Screen, part: string): Promise<string[]> {
  return screen.until((lines) => lines.some((line) => line.includes(part)));
}

async function talk(alice: Screen, bob: Screen, kill: () => Promise<() => Promise<void>>) {
  await shows(alice, "bob is new here");
  await alice.enter("good morning");
  await shows(bob, "alice: good morning");
  await bob.enter("/join garden");
  await shows(bob, "bob made garden");
  await alice.enter("/join garden");
  await shows(bob, "alice joined garden");
  await bob.enter("the roses are out 🌹");
  await shows(alice, "roses");
  const restart = await kill();
  await alice.until((lines) => lines.at(-1)?.includes("offline") ?? false);
  await bob.until((lines) => lines.at(-1)?.includes("offline") ?? false);
  await alice.enter("typed while the server was dead");
  await alice.until((lines) => lines.at(-1)?.includes("1 unsent") ?? false);
  const during = await alice.lines();
  await restart();
  await shows(bob, "typed while the server was dead");
  await bob.enter("/msg alice and here it is");
  await shows(alice, "and here it is");
  await alice.keys("-l", "half a reply");
  return {
    during,
    alice: await alice.until((lines) => lines.at(-1)?.endsWith("half a reply") ?? false),
    bob: await bob.until((lines) => lines.at(-1) === "garden>"),
  };
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** One terminal as SVG, with its title above. */
function drawTerminal(title: string, lines: readonly string[], x: number, y: number): string {
  const width = columns * cell.width + 2 * margin;
  const height = rows * cell.height + 2 * margin;
  const text = lines.map((line, at) => {
    const top = y + 22 + margin + (at + 0.75) * cell.height;
    return `<text x="${x + margin}" y="${top}" xml:space="preserve">${escapeXml(line)}</text>`;
  });
  return [
    `<text x="${x + 2}" y="${y + 14}" class="title">${escapeXml(title)}</text>`,
    `<rect x="${x}" y="${y + 22}" width="${width}" height="${height}" rx="8"/>`,
    ...text,
  ].join("\n");
}

function draw(terminals: readonly (readonly [title: string, lines: readonly string[]])[]): string {
  const width = columns * cell.width + 2 * margin;
  const height = rows * cell.height + 2 * margin + 22;
  const gap = 16;
  const total = terminals.length * (height + gap);
  const drawn = terminals.map(([title, lines], at) =>
    drawTerminal(title, lines, gap, gap / 2 + at * (height + gap))
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width + 2 * gap}" height="${total}">
<style>
text { font: 12.5px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #d8dee9 }
text.title { fill: #5e6b7f }
rect { fill: #1d222b }
</style>
${drawn.join("\n")}
</svg>
`;
}

const data = await Deno.makeTempDir({ prefix: "parley-picture-" });
let server = await startServerProcess(data, 0, [], openArgs, "clear", null);
const { port } = server;
const alice = await openUser("alice", port);
await shows(alice, "alice is new here");
const bob = await openUser("bob", port);
const seen = await talk(alice, bob, async () => {
  server.kill("SIGKILL");
  await server.ended();
  return async () => {
    server = await startServerProcess(data, port, [], openArgs, "clear", null);
  };
});
await Deno.writeTextFile(
  new URL("../docs/session.svg", import.meta.url),
  draw([
    ["alice, while the server is dead", seen.during],
    ["alice, when it is back", seen.alice],
    ["bob", seen.bob],
  ]),
);
for (const screen of [alice, bob]) await screen[Symbol.asyncDispose]();
await server[Symbol.asyncDispose]();
await Deno.remove(data, { recursive: true });
