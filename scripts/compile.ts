/**
 * `deno task compile [--target TRIPLE] [--out DIR]`: makes the two executables, each with the
 * fewest permissions and only the packages that it imports.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { BuildError, type Compiler, fallbackCompiler, fallbackTarget, run } from "./denort.ts";

/** What the client may read of its environment: where its files go, whom it talks to, its terminal. */
const clientEnvNames = [
  "HOME",
  "XDG_DATA_HOME",
  "XDG_CONFIG_HOME",
  "APPDATA",
  "PARLEY_SERVER",
  "PARLEY_NAME",
  "PARLEY_PROFILE",
  "TERM",
  "LC_ALL",
  "LC_CTYPE",
  "LANG",
  "COLORFGBG",
];

/** One of the executables. */
export interface Program {
  readonly name: string;
  readonly entry: string;
  /** Modules started with `new Worker`, which `deno compile` does not see by itself. */
  readonly workers: readonly string[];
  /** Modules that are imported when they are needed, and seldom are: a start does not read them. */
  readonly seldom: readonly string[];
  readonly permissions: readonly string[];
  /** How the program and its Workers use memory, where V8's own way does not fit. */
  readonly v8Flags: readonly string[];
}

/**
 * What a server holds is bounded, and most of what it makes is garbage at once. Left to itself, V8
 * lets three heaps grow by some 100 MB before it looks through them. With less room for what is new
 * than this, a busy server spends a quarter of its time on looking.
 */
const tightHeap = ["--heap-growing-percent=30", "--max-semi-space-size=16"];

/** All its code is in the executable: Deno would allow code from its usual hosts too. */
const noForeignCode = "--deny-import";

const filesAndNet = ["--allow-net", "--allow-read", "--allow-write", noForeignCode];

/** The writer's Worker asks how much room the disk has, and has rights of its own: fewer. */
const ownRights = ["--allow-sys=statfs", "--unstable-worker-options"];

/** What is made. */
export const programs: readonly Program[] = [
  {
    name: "parleyd",
    entry: "server.ts",
    workers: [
      "lib/store/writer_worker.ts",
      "lib/store/reader_worker.ts",
      "lib/store/words_worker.ts",
    ],
    seldom: ["lib/identity/certificate_maker.ts"],
    permissions: [...filesAndNet, ...ownRights],
    v8Flags: tightHeap,
  },
  {
    name: "parley",
    entry: "client.ts",
    workers: [],
    seldom: [],
    permissions: [...filesAndNet, `--allow-env=${clientEnvNames.join(",")}`],
    v8Flags: [],
  },
];

interface Options {
  readonly target: string;
  readonly out: string;
}

function optionsOf(args: string[]): Options {
  const parsed = parseArgs(args, {
    string: ["target", "out"],
    default: { target: Deno.build.target, out: "dist" },
    unknown: (arg) => {
      throw new BuildError(`${arg}: there are only --target TRIPLE and --out DIR`);
    },
  });
  if (!parsed.target || !parsed.out) throw new BuildError("--target and --out need a value");
  return { target: parsed.target, out: parsed.out };
}

/** Once here, and not in each `deno compile`: there, 2.5.7 would embed @types/node (2.4 MB). */
async function checkTypes(): Promise<void> {
  const files = programs.flatMap((program) => [
    ...[program.entry, ...program.workers, ...program.seldom],
  ]);
  const checked = await run(Deno.execPath(), ["check", "--frozen", ...files]);
  if (!checked.ok) throw new BuildError(`deno check failed:\n${checked.text}`);
}

/**
 * Joins an entry point with all that it imports into one file, which starts sooner than many, and
 * takes no package along that is not imported. deno.lock checks what was downloaded.
 *
 * @param seldom modules that stay files of their own, beside this one
 * @returns the file. It keeps its name: a program looks for its Workers under theirs, beside itself
 */
async function bundle(
  entry: string,
  folder: string,
  seldom: readonly string[] = [],
): Promise<string> {
  const file = `${folder}/${fileName(entry)}`;
  const args = ["bundle", "--frozen", "--platform", "deno", "--output", file];
  for (const module of seldom) args.push(`--external=./${fileName(module)}`);
  const bundled = await run(Deno.execPath(), [...args, entry]);
  if (!bundled.ok) throw new BuildError(`${entry}: deno bundle failed:\n${bundled.text}`);
  await Deno.writeTextFile(file, withoutPaths(await Deno.readTextFile(file)));
  return file;
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A bundle names each module's path on the machine that made it: nobody else's business. */
function withoutPaths(text: string): string {
  return text.replaceAll(/^ *\/\/ \S+\.(?:[cm]?js|ts|json)$/gm, "");
}

/** All that decides what a program may do once it runs. */
export function runtimeArgs({ permissions, v8Flags }: Program): string[] {
  // The cache would be a file in the shared temporary folder, under a name that everybody on the
  // machine can foresee: who makes it first has code run as the server's user.
  const args = ["--no-prompt", "--no-code-cache", ...permissions];
  return v8Flags.length > 0 ? [...args, `--v8-flags=${v8Flags.join()}`] : args;
}

/** @returns the compiler that worked, for the next program. */
async function compile(
  program: Program,
  compiler: Compiler,
  target: string,
  folder: string,
): Promise<Compiler> {
  const args = ["compile", "--no-check", "--no-lock", "--no-config", ...runtimeArgs(program)];
  for (const worker of program.workers) args.push("--include", await bundle(worker, folder));
  for (const module of program.seldom) await bundle(module, folder);
  args.push("--target", target, "--output", `${folder}/${program.name}`);
  args.push(await bundle(program.entry, folder, program.seldom));
  const compiled = await run(compiler.deno, args, compiler.env);
  if (compiled.ok) return compiler;

  // Deno gives this failure no code of its own; it names the step, and the file it wanted.
  const noBase = /base binary|denort/.test(compiled.text);
  if (!noBase || Deno.env.has("DENORT_BIN") || compiler.deno !== Deno.execPath()) {
    throw new BuildError(`${program.name}: deno compile failed:\n${compiled.text}`);
  }
  if (target !== fallbackTarget || Deno.build.target !== fallbackTarget) {
    throw new BuildError(
      `${program.name}: the official runtime base for ${target} is needed and cannot be ` +
        `fetched; without it only ${fallbackTarget} can be made, on such a machine`,
    );
  }
  return await compile(program, await fallbackCompiler(), target, folder);
}

/**
 * Starts what was made: a base that does not fit the compiler's version gives an executable that
 * looks right and cannot start, and a permission that is missing shows only when it runs.
 */
async function tryOut(program: Program, path: string): Promise<void> {
  // A terminal's colours as most users have them: unset, so that all of the detection runs.
  const env = { NO_COLOR: "", FORCE_COLOR: "" };
  for (const flag of ["--version", "--help"]) {
    const ended = await run(await Deno.realPath(path), [flag], env);
    if (!ended.ok) throw new BuildError(`${program.name} ${flag} fails:\n${ended.text}`);
  }
}

/** Only what works takes the place of an earlier build's. */
async function finish(program: Program, folder: string, options: Options): Promise<void> {
  const file = program.name + (options.target.includes("windows") ? ".exe" : "");
  if (options.target === Deno.build.target) await tryOut(program, `${folder}/${file}`);
  const path = `${options.out}/${file}`;
  await Deno.rename(`${folder}/${file}`, path);
  const { size } = await Deno.stat(path);
  console.log(`${path}: ${size} bytes (${(size / 1e6).toFixed(1)} MB)`);
}

async function main(args: string[]): Promise<void> {
  const options = optionsOf(args);
  const base = Deno.env.get("DENORT_BIN");
  if (base !== undefined && options.target !== Deno.build.target) {
    throw new BuildError(
      `DENORT_BIN holds a base for this machine only; unset it to compile for ${options.target}, ` +
        "which needs the official base",
    );
  }
  if (base !== undefined) console.log(`compile: taking the runtime base that DENORT_BIN names`);
  await checkTypes();

  let compiler: Compiler = { deno: Deno.execPath(), env: {} };
  await Deno.mkdir(options.out, { recursive: true });
  for (const program of programs) {
    const folder = await Deno.makeTempDir({ dir: options.out, prefix: `${program.name}-` });
    try {
      compiler = await compile(program, compiler, options.target, folder);
      await finish(program, folder, options);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
}

if (import.meta.main) {
  try {
    // The paths in the tables above are the project's, from wherever this is started.
    Deno.chdir(new URL("..", import.meta.url));
    await main(Deno.args);
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(`compile: ${error.message}`);
    Deno.exit(1);
  }
}
