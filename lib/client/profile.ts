/**
 * Profiles: each is a name on a server, the ones that were joined last in it, with data of its own.
 *
 * @module
 */

import { readIfThere, writeDurably } from "../identity/key_file.ts";
import { type Address, defaultPort, formatAddress, parseAddress } from "../net/tcp.ts";
import { isName, nameKey } from "../protocol/names.ts";
import { DataFolderError } from "./data_folder.ts";

/** A name on a server. */
export interface Profile {
  /** The user's name. */
  readonly name: string;
  /** The server's address. */
  readonly server: Address;
}

/** The profile that is meant where none is named. */
export const defaultProfile = "default";

/** What a profile's name is, for whoever typed something else. */
export const profileRule =
  "A profile's name is 1 to 32 of letters, digits, '-', '_' and '.', and begins with no '.'.";

/**
 * Tells whether a profile may have this name; it becomes a folder's.
 *
 * @param name any text
 * @returns true for a name that begins with no dot
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { isProfileName } from "./profile.ts";
 * assert(isProfileName("work") && !isProfileName("..") && !isProfileName("a/b"));
 * ```
 */
export function isProfileName(name: string): boolean {
  return isName(name) && !name.startsWith(".");
}

/**
 * Finds the folder of a profile's data.
 *
 * @param data the folder of all profiles
 * @param profile its name, in any case
 * @returns the folder, which may not be there; that of all for the default one
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { profileFolder } from "./profile.ts";
 * assertEquals(profileFolder("data", "Default"), "data");
 * assertEquals(profileFolder("data", "Work"), "data/profiles/work");
 * ```
 */
export function profileFolder(data: string, profile: string): string {
  const key = nameKey(profile);
  return key === defaultProfile ? data : `${data}/profiles/${key}`;
}

/**
 * Lists the profiles.
 *
 * @param data the folder of all profiles
 * @returns their names, the default one first, and who they are; owned by the caller
 * @throws {DataFolderError} when a folder or file can't be read, or says something else
 * @example
 * ```ts ignore
 * for (const { name, profile } of listProfiles("data")) console.log(name, profile.name);
 * ```
 */
export function listProfiles(data: string): { readonly name: string; readonly profile: Profile }[] {
  return [defaultProfile, ...namesIn(`${data}/profiles`)].flatMap((name) => {
    const profile = readProfile(profileFolder(data, name));
    return profile ? [{ name, profile }] : [];
  });
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => isProfileName(name) && name !== defaultProfile).sort();
  } catch (error) {
    const isNone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (isNone) return [];
    throw new DataFolderError(`${folder}: ${(error as Error).message}`);
  }
}

/**
 * Reads who joined last.
 *
 * @param base all names' folder
 * @returns the profile; null where nobody has joined
 * @throws {DataFolderError} when the file can't be read, or says something else
 * @example
 * ```ts ignore
 * const profile = readProfile("/home/al/.local/share/parley");
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export function readProfile(base: string): Profile | null {
  const path = profilePath(base);
  let text: string | null;
  try {
    text = readIfThere(path);
  } catch (error) {
    // Where the folder itself is a file, there is no profile in it either.
    if (error instanceof Deno.errors.NotADirectory) return null;
    throw new DataFolderError(`${path}: ${(error as Error).message}`);
  }
  if (text === null) return null;
  const profile = parseProfile(text);
  if (profile) return profile;
  throw new DataFolderError(
    `${path} must hold a name and a server, such as: alice chat.example:${defaultPort}. ` +
      "Correct it, or delete it and give --name and --server",
  );
}

/**
 * Reads what a profile says.
 *
 * @param text the file's
 * @returns the profile; null for anything else
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseProfile } from "./profile.ts";
 * const server = { hostname: "chat.example", port: 7667 };
 * assertEquals(parseProfile("al chat.example:7667\n"), { name: "al", server });
 * assertEquals(parseProfile("al"), null);
 * ```
 */
export function parseProfile(text: string): Profile | null {
  const [name, address, ...more] = text.trim().split(/\s+/);
  if (!name || !address || more.length > 0 || !isName(name)) return null;
  const server = parseAddress(address, "");
  return server && server.hostname !== "" && server.port > 0 ? { name, server } : null;
}

/**
 * Remembers who joined, in place of who did before.
 *
 * @param base all names' folder, which exists
 * @param profile who, and where
 * @throws what stands in the way of writing it
 * @example
 * ```ts ignore
 * writeProfile("/home/al/.local/share/parley", { name: "al", server });
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export function writeProfile(base: string, { name, server }: Profile): void {
  writeDurably(profilePath(base), `${name} ${formatAddress(server)}\n`);
}

/**
 * Fills in what was not given. A name belongs to a server: that of another server is nobody's here.
 *
 * @param given what was given, by option or environment
 * @param read reads the profile, where it is needed
 * @returns what is known
 * @throws what `read` throws
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { whoIsMeant } from "./profile.ts";
 * const [here, there] = ["here", "there"].map((hostname) => ({ hostname, port: 1 }));
 * const read = () => ({ name: "al", server: here! });
 * assertEquals(whoIsMeant({}, read), { name: "al", server: here });
 * assertEquals(whoIsMeant({ server: there }, read), { name: undefined, server: there });
 * ```
 */
export function whoIsMeant(
  given: Partial<Profile>,
  read: () => Profile | null,
): { readonly name: string | undefined; readonly server: Address | undefined } {
  const { name, server } = given;
  if (name !== undefined && server !== undefined) return { name, server };
  const profile = read();
  if (server === undefined) return { name: name ?? profile?.name, server: profile?.server };
  const isThere = profile !== null && formatAddress(profile.server) === formatAddress(server);
  return { name: isThere ? profile.name : undefined, server };
}

function profilePath(base: string): string {
  return `${base}/profile`;
}
