/**
 * The line terminal in a real pseudo-terminal, made by tmux, which shows what is on the screen.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Screen, whyNoScreen } from "../support/screen.ts";

const lib = new URL("../../lib/", import.meta.url).href;
const config = new URL("../../deno.json", import.meta.url).pathname;
const floodCount = 300;

/** A chat without a server: it prints what is entered, and has commands to misbehave. */
const driver = `
import { openLineTerminal } from "${lib}client/line_terminal.ts";
import { safe, safeText, styled } from "${lib}safe_text.ts";
const commands = {
  "/flood": () => {
    let n = 0;
    const timer = setInterval(() => {
      terminal.print(safe\`line \${n++} is longer than one row of this screen\`);
      if (n === ${floodCount}) clearInterval(timer);
    }, 2);
  },
  "/fill": () => {
    for (let n = 0; n < 20; n++) terminal.print(safe\`above \${n}\`);
  },
  "/close": () => {
    terminal.close();
    terminal.print(safe\`closed\`);
    setInterval(() => {}, 1000);
  },
  "/throw": () => setTimeout(() => { throw new Error("thrown"); }),
  "/reject": () => void Promise.reject(new Error("rejected")),
  "/exit": () => Deno.exit(4),
};
const terminal = openLineTerminal({
  line: (text) => (commands[text] ?? (() =>
    terminal.print(safe\`got \${safeText(JSON.stringify(text))}\`)))(),
  endOfInput: () => { terminal.print(safe\`ended\`); terminal.close(); Deno.exit(0); },
  interrupt: () => { terminal.print(safe\`interrupted\`); terminal.setPrompt(safe\`new> \`); },
  complete: () => ["alice ", "alfred "],
}, styled("bold", safe\`al> \`, true));
`;

async function openDriver(columns: number, rows: number): Promise<Screen> {
  const screen = await Screen.open([columns, rows], async (folder) => {
    await Deno.writeTextFile(`${folder}/driver.ts`, driver);
    const run =
      `'${Deno.execPath()}' run --quiet --no-prompt --no-check --no-lock --config '${config}'`;
    return `${run} '${folder}/driver.ts'; echo exit $?; stty -a; exec cat`;
  });
  await screen.until((lines) => lines.at(-1) === "al>");
  return screen;
}

const reason = whyNoScreen();

function test(name: string, fn: () => Promise<void>): void {
  const ignore = reason !== undefined;
  Deno.test({ name: `openLineTerminal() ${name}${ignore ? ` (${reason})` : ""}`, ignore, fn });
}

test("keeps a half-typed line whole while lines come in fast", async () => {
  await using screen = await openDriver(40, 10);
  await screen.keys("/flood", "Enter");
  for (let i = 0; i < 12; i++) await screen.keys("-l", `k${i} 漢 `);
  const typed = [
    "al> k0 漢 k1 漢 k2 漢 k3 漢 k4 漢 k5 漢",
    "k6 漢 k7 漢 k8 漢 k9 漢 k10 漢 k11 漢",
  ];
  const isLast = (line: string) => line.startsWith(`line ${floodCount - 1} `);
  await screen.until((lines) => lines.some(isLast) && lines.at(-1) === typed[1]);
  const expected = Array.from(
    { length: floodCount },
    (_, n) => `line ${n} is longer than one row of this screen`,
  );
  assertEquals(await screen.lines("-J", "-S", "-"), [...expected, ...typed]);
});

test("redraws wrapped input after a resize and leaves the lines above alone", async () => {
  await using screen = await openDriver(80, 24);
  await screen.keys("/fill", "Enter");
  await screen.until((lines) => lines.length === 21 && lines.at(-1) === "al>");
  await screen.keys("-l", "漢字 ".repeat(20) + "end");
  await screen.keys("Left", "Left");
  const whole = await screen.until((lines) => lines.at(-1)?.endsWith("end") ?? false);
  const column = await screen.cursorColumn();
  const typed = "al>" + "漢字".repeat(20) + "end";
  for (const columns of [33, 47, 29, 80]) {
    await screen.tmux("resize-window", "-x", `${columns}`, "-y", "24");
    const lines = await screen.until((lines) => {
      const input = lines.slice(lines.findLastIndex((line) => line.startsWith("above")) + 1);
      const isDense = input.slice(0, -1).every((line) => cells(line) > columns - 5);
      return isDense && input.join("").replaceAll(" ", "") === typed;
    });
    const above = lines.filter((line) => line.startsWith("above"));
    assertEquals(above, Array.from(above, (_, i) => `above ${20 - above.length + i}`));
  }
  assertEquals((await screen.lines()).slice(-2), whole.slice(-2));
  assertEquals(await screen.cursorColumn(), column);
});

/** Cells of a line of this test, where each Chinese character takes two. */
function cells(line: string): number {
  return line.replaceAll(/[漢字]/g, "xx").length;
}

test("takes a paste of many lines as one input", async () => {
  await using screen = await openDriver(40, 10);
  await screen.paste("one\ntwo\n\nthree");
  await screen.until((lines) => lines.at(-1) === "al> one⏎two⏎⏎three");
  await screen.keys("Enter");
  const lines = await screen.until((lines) => lines.at(-1) === "al>");
  assertEquals(lines, ['got "one\\ntwo\\n\\nthree"', "al>"]);
  await screen.keys("Up", "C-w", "C-a", "x", "C-e", "y");
  await screen.until((lines) => lines.at(-1) === "al> xone⏎two⏎⏎y");
});

test("completes; Ctrl+C gives the line up, and is told where there is none", async () => {
  await using screen = await openDriver(40, 10);
  await screen.keys("a", "Tab", "Tab");
  await screen.until((lines) => lines.join() === "alice  alfred,al> al");
  await screen.keys("C-c");
  await screen.until((lines) => lines.join() === "alice  alfred,al>");
  await screen.keys("C-c");
  await screen.until((lines) => lines.at(-1) === "new>");
  assertEquals(await screen.lines(), ["alice  alfred", "interrupted", "new>"]);
});

/** What each end must leave: echo and line mode on, pastes without brackets, no input line. */
async function assertGivenBack(screen: Screen, exit: string): Promise<void> {
  const lines = await screen.until((lines) => lines.join(" ").includes("echoke"));
  const text = lines.join("\n");
  assert(lines.includes(exit) && !text.includes("al>"), text);
  for (const mode of ["icanon", "echo", "isig"]) assert(text.split(/\s+/).includes(mode), text);
  await screen.paste("pasted");
  await screen.until((lines) => lines.at(-1) === "pasted");
}

test("gives the terminal back after Ctrl+D", async () => {
  await using screen = await openDriver(80, 24);
  await screen.keys("half", "C-d", "C-u", "C-d");
  await assertGivenBack(screen, "exit 0");
  assertEquals((await screen.lines()).slice(0, 2), ["ended", "exit 0"]);
});

test("gives the terminal back by close() and prints on", async () => {
  await using screen = await openDriver(40, 10);
  await screen.keys("/close", "Enter");
  await screen.until((lines) => lines.join() === "closed");
  await screen.keys("echoed");
  await screen.until((lines) => lines.join() === "closed,echoed");
});

for (const [command, exit] of [["/exit", 4], ["/throw", 1], ["/reject", 1]] as const) {
  test(`gives the terminal back after ${command}`, async () => {
    await using screen = await openDriver(80, 24);
    await screen.keys(command, "Enter");
    await assertGivenBack(screen, `exit ${exit}`);
  });
}
