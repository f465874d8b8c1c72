/**
 * A pseudo-terminal made by tmux, with the keyboard and the eyes of a person.
 */

import { assert } from "@std/assert";

const patienceMs = 30_000;
const pollMs = 20;

/** Why no screen can be had here, or undefined. */
export function whyNoScreen(): string | undefined {
  const asked: Deno.PermissionDescriptor[] = [
    { name: "run", command: "tmux" },
    { name: "write" },
    { name: "read" },
  ];
  for (const permission of asked) {
    if (Deno.permissions.querySync(permission).state !== "granted") {
      return `ignored: needs --allow-${permission.name}`;
    }
  }
  try {
    new Deno.Command("tmux", { args: ["-V"], stdout: "null" }).outputSync();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "ignored: no tmux";
    throw error;
  }
}

/** One program in a terminal of its own. */
export class Screen implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  /**
   * Starts a shell command in a terminal.
   *
   * @param size columns and rows
   * @param shell makes the command line, given a temporary folder that goes with the screen
   */
  static async open(
    size: readonly [columns: number, rows: number],
    shell: (folder: string) => string | Promise<string>,
  ): Promise<Screen> {
    const screen = new Screen(await Deno.makeTempDir({ prefix: "parley-screen-" }));
    const command = await shell(screen.folder);
    const sized = ["-x", `${size[0]}`, "-y", `${size[1]}`];
    await screen.tmux("-f", "/dev/null", "new-session", "-d", ...sized, command);
    return screen;
  }

  async tmux(...args: string[]): Promise<string> {
    const socket = ["-u", "-S", `${this.folder}/socket`];
    const env = { LC_ALL: "C.UTF-8" };
    const command = new Deno.Command("tmux", { args: [...socket, ...args], env, stdin: "null" });
    const { success, stdout, stderr } = await command.output();
    assert(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  }

  /** Types text, or presses keys by their tmux names. */
  async keys(...keys: string[]): Promise<void> {
    await this.tmux("send-keys", ...keys);
  }

  /** Types text to the letter, and Enter. */
  async enter(text: string): Promise<void> {
    await this.keys("-l", text);
    await this.keys("Enter");
  }

  async paste(text: string): Promise<void> {
    await Deno.writeTextFile(`${this.folder}/paste`, text);
    await this.tmux("load-buffer", `${this.folder}/paste`);
    await this.tmux("paste-buffer", "-p");
  }

  /** What is on the screen, without the empty rows below. */
  async lines(...options: string[]): Promise<string[]> {
    const text = await this.tmux("capture-pane", "-p", ...options);
    return text.trimEnd().split("\n").map((line) => line.trimEnd());
  }

  async until(shows: (lines: string[]) => boolean): Promise<string[]> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const lines = await this.lines();
      if (shows(lines)) return lines;
      assert(performance.now() < deadline, `waited in vain; on the screen:\n${lines.join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  async cursorColumn(): Promise<number> {
    return Number(await this.tmux("display-message", "-p", "#{cursor_x}"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tmux("kill-server");
    await Deno.remove(this.folder, { recursive: true });
  }
}
