/**
 * The first run at a terminal.
 *
 * @module
 */

import { isTooOpen } from "../../net/clear.ts";
import { formatAddress } from "../../net/tcp.ts";
import { nameKey } from "../../protocol/names.ts";
import { safe, safeText } from "../../safe_text.ts";
import { systemRandom, systemTimers } from "../../seams.ts";
import { DataFolderError, folderName, openClientFolder } from "../data_folder.ts";
import { exitCodes } from "../endings.ts";
import { firstRun, type Wish } from "../first_run.ts";
import { type Joined, tryJoin } from "../join.ts";
import { missingFolders } from "../missing_folders.ts";
import { passphraseFrom } from "../passphrase.ts";
import { probe } from "../probe.ts";
import { defaultProfile, writeProfile } from "../profile.ts";
import type { CliHost } from "./host.ts";
import { againCommand, clearOf, tooOpen, whoIsThere } from "./opening.ts";

/**
 * Where a person sits at a terminal and it is not known who they are or where, asks, and brings them
 * in.
 *
 * @param host the program
 * @returns 0 when it is known, or else the exit code
 * @example
 * ```ts ignore
 * const exitCode = await askFirst(program);
 * ```
 * @see docs/USING.md, section "First run"
 */
export async function askFirst(host: CliHost): Promise<number> {
  const { base, server, name } = whoIsThere(host);
  const isTerminal = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
  if (server && name || !isTerminal || host.opts().json) return exitCodes.done;
  const clear = clearOf(host);
  const { profile } = host.opts();
  const what = nameKey(profile) === defaultProfile ? "Welcome to Parley." : `${profile} is new.`;
  console.log(`${what} Two questions, and you are in; Ctrl+C leaves.`);
  return await firstRun({
    ask: (question) => prompt(question),
    say: (line) => console.log(line),
    look: (address) =>
      isTooOpen(clear, address)
        ? Promise.resolve(safeText(tooOpen(address)))
        : probe(address, clear),
    join: (wish) => join(host, base, wish),
  }, { ...server && { address: server }, ...name !== undefined && { name } });
}

async function join(host: CliHost, base: string, wish: Wish): Promise<Joined | number> {
  const { name, address, invite } = wish;
  const clear = clearOf(host);
  if (isTooOpen(clear, address)) {
    return { exitCode: exitCodes.usage, why: safeText(tooOpen(address)) };
  }
  const takeAway = missingFolders(`${base}/${folderName(name, address)}`);
  const passphrase = passphraseFrom(host.opts().passphraseFile);
  const seams = { random: systemRandom, timers: systemTimers, passphrase };
  let folder;
  try {
    folder = await openClientFolder(base, name, address, seams, () => {});
  } catch (error) {
    if (!(error instanceof DataFolderError)) throw error;
    takeAway();
    return { exitCode: exitCodes.usage, why: safeText(error.message) };
  }
  const held = folder.pin;
  let wasNamed = false;
  // From here on the server is told who one is: what it was told may be so.
  const pin = {
    get held() {
      wasNamed ||= wish.fingerprint !== null;
      return held.held ?? wish.fingerprint;
    },
    hold: (fingerprint: string) => {
      held.hold(fingerprint);
      wasNamed = true;
    },
  };
  console.log(safe`Connecting to ${safeText(formatAddress(address))} as ${safeText(name)} …`);
  const party = { server: formatAddress(address), name, folder: folder.path };
  const start = { party, address, folder: { ...folder, pin }, clear, invite };
  const joined = await tryJoin(start, againCommand(host));
  const isIn = typeof joined !== "number" && joined.exitCode === exitCodes.done;
  if (isIn && held.held === null && wish.fingerprint !== null) held.hold(wish.fingerprint);
  if (isIn) writeProfile(base, { name, server: address });
  folder.close();
  const isRefused = typeof joined !== "number" && joined.code !== undefined;
  // A key that the server may have registered is kept: nobody could have its name again.
  if (!wasNamed || isRefused) takeAway();
  return joined;
}
