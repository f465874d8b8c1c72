/**
 * What may stand in place of a half-typed word of a command line: for shells. Pure.
 *
 * @module
 */

/** What a value is a name of. */
export type ValueKind = "room" | "talk" | "user" | "profile" | "file" | "folder" | "other";

/** A value, behind an option or by itself. */
export interface ValueShape {
  /** What it is a name of. */
  readonly kind: ValueKind;
  /** All that it may be, where that is little. */
  readonly choices: readonly string[];
}

/** An option. */
export interface OptionShape {
  /** What is typed: `--json`, `-V`. */
  readonly names: readonly string[];
  /** What it is for. */
  readonly says: string;
  /** What has to stand behind it; null for nothing. */
  readonly value: ValueShape | null;
}

/** A command, or the program itself. */
export interface CommandShape {
  /** What is typed. */
  readonly name: string;
  /** What it does. */
  readonly says: string;
  /** What may stand with it, those of the program included. */
  readonly options: readonly OptionShape[];
  /** What has to stand behind it, in order; the last may be repeated. */
  readonly values: readonly ValueShape[];
  /** Its commands. */
  readonly commands: readonly CommandShape[];
}

/** A word that may stand there. */
export interface Candidate {
  /** The whole word. */
  readonly word: string;
  /** What it does; empty where it says so itself. */
  readonly says: string;
}

/** All that may stand there. */
export interface Completion {
  /** Words that begin as what is typed does. */
  readonly candidates: readonly Candidate[];
  /** Whether files or folders may, too. */
  readonly paths: "files" | "folders" | null;
}

/** What is asked of the mailbox: names, where options said so of which profile. */
export interface NamesOf {
  /**
   * Gives names.
   *
   * @param kind of what
   * @param given what stands behind options of the command line, by option
   * @returns any number
   */
  (kind: ValueKind, given: ReadonlyMap<string, string>): readonly string[];
}

/** Words that are offered at once. */
const candidatesMax = 500;

/** A command line, up to its last word. */
interface Walked {
  readonly command: CommandShape;
  /** What the last word is the value of; null where it may begin something new. */
  readonly option: OptionShape | null;
  readonly positions: number;
  readonly isPastOptions: boolean;
  readonly given: ReadonlyMap<string, string>;
}

/**
 * Tells what may stand in place of the last word.
 *
 * @param program its commands and options
 * @param words what is typed behind the program's name; the last may be empty
 * @param namesOf asks for names
 * @returns words, at most 500
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { complete } from "./completion.ts";
 * const who = { name: "who", says: "", options: [], values: [], commands: [] };
 * const program = { ...who, name: "parley", commands: [who] };
 * const { candidates } = complete(program, ["w"], () => []);
 * assertEquals(candidates.map(({ word }) => word), ["who"]);
 * ```
 * @see docs/USING.md, section "Completion"
 */
export function complete(
  program: CommandShape,
  words: readonly string[],
  namesOf: NamesOf,
): Completion {
  const last = words.at(-1) ?? "";
  const walked = walk(program, words.slice(0, -1));
  const [, name, typed] = /^(--[^=]+)=(.*)$/s.exec(last) ?? [];
  const option = name ? optionNamed(walked.command, name) : undefined;
  const value = option?.value && name
    ? { shape: option.value, before: `${name}=`, typed: typed ?? "" }
    : { shape: walked.option?.value ?? null, before: "", typed: last };
  if (value.shape) return valuesOf(value.shape, value.before, value.typed, walked, namesOf);
  if (last.startsWith("-") && !walked.isPastOptions) return only(optionsOf(walked), last);
  if (walked.command.commands.length > 0) return only(walked.command.commands.map(commandOf), last);
  const shape = walked.command.values[Math.min(walked.positions, walked.command.values.length - 1)];
  return shape ? valuesOf(shape, "", last, walked, namesOf) : only([], last);
}

function walk(program: CommandShape, words: readonly string[]): Walked {
  let command = program;
  let option: OptionShape | null = null;
  let [positions, isPastOptions] = [0, false];
  const given = new Map<string, string>();
  for (const word of words) {
    if (option) {
      given.set(option.names[0]!, word);
      option = null;
    } else if (word === "--" && !isPastOptions) isPastOptions = true;
    else if (word.startsWith("-") && word !== "-" && !isPastOptions) {
      const [name = "", value] = word.split(/=(.*)/s);
      const known = optionNamed(command, name);
      if (known?.value && value !== undefined) given.set(known.names[0]!, value);
      else if (known?.value) option = known;
    } else {
      const found = command.commands.find((one) => one.name === word);
      if (found) command = found;
      else positions++;
    }
  }
  return { command, option, positions, isPastOptions, given };
}

function optionNamed({ options }: CommandShape, name: string): OptionShape | undefined {
  return options.find(({ names }) => names.includes(name));
}

function optionsOf({ command }: Walked): Candidate[] {
  return command.options.flatMap(({ names, says }) => names.map((word) => ({ word, says })));
}

function commandOf({ name, says }: CommandShape): Candidate {
  return { word: name, says };
}

function only(all: readonly Candidate[], typed: string): Completion {
  const begins = all.filter(({ word }) => word.toLowerCase().startsWith(typed.toLowerCase()));
  return { candidates: begins.slice(0, candidatesMax), paths: null };
}

function valuesOf(
  { kind, choices }: ValueShape,
  before: string,
  typed: string,
  { given }: Walked,
  namesOf: NamesOf,
): Completion {
  if (kind === "file" || kind === "folder") return { candidates: [], paths: `${kind}s` };
  const names = choices.length > 0 ? choices : namesIn(kind, given, namesOf);
  const words = names.map((name) => ({ word: `${before}${name}`, says: "" }));
  return only(words, `${before}${typed}`);
}

function namesIn(
  kind: ValueKind,
  given: ReadonlyMap<string, string>,
  namesOf: NamesOf,
): readonly string[] {
  if (kind === "other") return [];
  if (kind !== "talk") return namesOf(kind, given);
  return [...namesOf("room", given), ...namesOf("user", given).map((user) => `@${user}`)];
}

/**
 * Writes a completion as shells read it: a line for each word, what it does behind a tab; `:files` or
 * `:folders` as the last line, where these may stand there.
 *
 * @param completion what may stand there
 * @returns lines
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { completionLines } from "./completion.ts";
 * const candidates = [{ word: "who", says: "list who is in a room" }];
 * assertEquals(completionLines({ candidates, paths: null }), ["who\tlist who is in a room"]);
 * ```
 */
export function completionLines({ candidates, paths }: Completion): string[] {
  const lines = candidates.map(({ word, says }) => says === "" ? word : `${word}\t${says}`);
  return paths === null ? lines : [...lines, `:${paths}`];
}
