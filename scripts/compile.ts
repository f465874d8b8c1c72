/**
 * `deno task compile [--target TRIPLE] [--out DIR]`: makes the two executables, each with the
 * fewest permissions and only the packages that it imports.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { BuildError, type Compiler, fallbackCompiler, fallbackTarget, run } from "./denort.ts";

/** What the client may read of its environment: where its files go, and whom it talks to. */
const clientEnvNames = [
  "HOME",
  "XDG_DATA_HOME",
  "APPDATA",
  "PARLEY_SERVER",
  "PARLEY_NAME",
];

interface Program {
  readonly name: string;
  readonly entry: string;
  /** Modules started with `new Worker`, which `deno compile` does not see by itself. */
  readonly workers: readonly string[];
  readonly permissions: readonly string[];
}

const filesAndNet = ["--allow-net", "--allow-read", "--allow-write"];

const programs: readonly Program[] = [
  {
    name: "parleyd",
    entry: "server.ts",
    workers: ["lib/store/writer_worker.ts", "lib/store/reader_worker.ts"],
    permissions: filesAndNet,
  },
  {
    name: "parley",
    entry: "client.ts",
    workers: [],
    permissions: [...filesAndNet, `--allow-env=${clientEnvNames.join(",")}`],
  },
];

interface Options {
  readonly target: string;
  readonly out: string;
}

/** The parts of deno.lock that matter here. */
interface Lock {
  readonly version: string;
  readonly specifiers: Record<string, string>;
  readonly npm: Record<string, unknown>;
}

/** The parts of `deno info --json` that matter here. */
interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly npmPackage?: string;
    /** `code` is absent where only types are taken. */
    readonly dependencies?: readonly { readonly code?: { readonly specifier: string } }[];
  }[];
  readonly redirects: Record<string, string | undefined>;
  readonly npmPackages: Record<string, { readonly dependencies: readonly string[] } | undefined>;
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
  const files = programs.flatMap((program) => [program.entry, ...program.workers]);
  const checked = await run(Deno.execPath(), ["check", "--frozen", ...files]);
  if (!checked.ok) throw new BuildError(`deno check failed:\n${checked.text}`);
}

async function graphOf(file: string): Promise<Graph> {
  const info = await run(Deno.execPath(), ["info", "--json", "--frozen", file]);
  if (!info.ok) throw new BuildError(`deno info ${file} failed:\n${info.text}`);
  const graph: Graph = JSON.parse(info.stdout);
  const broken = graph.modules.find((module) => module.error !== undefined);
  if (broken) throw new BuildError(`${file}: ${broken.error}`);
  return graph;
}

/** The packages that modules import themselves, and not for their types only. */
function directPackages({ modules, redirects }: Graph): string[] {
  const named = modules.flatMap(({ dependencies = [] }) =>
    dependencies.flatMap(({ code }) => code?.specifier ?? [])
  );
  const used = new Set(named.map((specifier) => redirects[specifier] ?? specifier));
  return modules.flatMap(({ specifier, npmPackage }) =>
    npmPackage !== undefined && used.has(specifier) ? npmPackage : []
  );
}

/** The packages, as deno.lock names them, that a program imports, directly or not. */
async function packagesOf(program: Program): Promise<Set<string>> {
  const found = new Set<string>();
  for (const file of [program.entry, ...program.workers]) {
    const graph = await graphOf(file);
    const open = directPackages(graph);
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (found.has(id)) continue;
      found.add(id);
      open.push(...graph.npmPackages[id]?.dependencies ?? []);
    }
  }
  return found;
}

/**
 * Cuts deno.lock down to the packages of one program. `deno compile` embeds every package of the
 * lock that it is given, and with `--no-lock` nothing would check what was downloaded.
 */
function lockFor(lock: Lock, packages: ReadonlySet<string>): Lock {
  const missing = [...packages].filter((id) => !(id in lock.npm));
  if (missing.length > 0) throw new BuildError(`not in deno.lock: ${missing.join(", ")}`);
  const specifiers = Object.entries(lock.specifiers).filter(([specifier, resolved]) => {
    const name = specifier.slice("npm:".length, specifier.lastIndexOf("@"));
    return packages.has(`${name}@${resolved}`);
  });
  const npm = Object.entries(lock.npm).filter(([id]) => packages.has(id));
  return { ...lock, specifiers: Object.fromEntries(specifiers), npm: Object.fromEntries(npm) };
}

/** @returns the compiler that worked, for the next program. */
async function compile(
  program: Program,
  compiler: Compiler,
  options: Options,
  lockFile: string,
): Promise<Compiler> {
  const output = `${options.out}/${program.name}`;
  // An executable of an earlier build must not pass for this one's.
  for (const old of [output, `${output}.exe`]) await removeIfThere(old);
  const args = ["compile", "--no-check", "--no-prompt", "--frozen", `--lock=${lockFile}`];
  args.push(...program.permissions);
  args.push(...program.workers.flatMap((worker) => ["--include", worker]));
  args.push("--target", options.target, "--output", output, program.entry);
  const compiled = await run(compiler.deno, args, compiler.env);
  if (compiled.ok) return compiler;

  // Deno gives this failure no code of its own; it names the step, and the file it wanted.
  const noBase = /base binary|denort/.test(compiled.text);
  if (!noBase || Deno.env.has("DENORT_BIN") || compiler.deno !== Deno.execPath()) {
    throw new BuildError(`${program.name}: deno compile failed:\n${compiled.text}`);
  }
  if (options.target !== fallbackTarget || Deno.build.target !== fallbackTarget) {
    throw new BuildError(
      `${program.name}: the official runtime base for ${options.target} is needed and cannot be ` +
        `fetched; without it only ${fallbackTarget} can be made, on such a machine`,
    );
  }
  return await compile(program, await fallbackCompiler(), options, lockFile);
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

async function report(program: Program, options: Options): Promise<void> {
  const extension = options.target.includes("windows") ? ".exe" : "";
  const path = `${options.out}/${program.name}${extension}`;
  const { size } = await Deno.stat(path);
  if (options.target === Deno.build.target) await tryOut(program, path);
  console.log(`${path}: ${size} bytes (${(size / 1e6).toFixed(1)} MB)`);
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
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

  const lock: Lock = JSON.parse(await Deno.readTextFile("deno.lock"));
  const work = await Deno.makeTempDir();
  let compiler: Compiler = { deno: Deno.execPath(), env: {} };
  try {
    for (const program of programs) {
      const lockFile = `${work}/${program.name}.lock`;
      const own = lockFor(lock, await packagesOf(program));
      await Deno.writeTextFile(lockFile, JSON.stringify(own, null, 2));
      compiler = await compile(program, compiler, options, lockFile);
      await report(program, options);
    }
  } finally {
    await Deno.remove(work, { recursive: true });
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
