/**
 * `parley profiles` on the command line.
 *
 * @module
 */

import { Command } from "@commander-js/extra-typings";
import { formatAddress } from "../../net/tcp.ts";
import { nameKey } from "../../protocol/names.ts";
import { safe, type SafeText, safeText } from "../../safe_text.ts";
import { jsonLine } from "../json_view.ts";
import { listProfiles, type Profile } from "../profile.ts";
import { say } from "../start.ts";
import { adopt, type CliHost } from "./host.ts";
import { dataFolder, orStop } from "./opening.ts";

const examples = `
Examples:
  parley profiles
  parley --profile work join 'parley://…'   makes the profile work
  parley --profile work                     talks there
  PARLEY_PROFILE=work parley tail           the same for a whole script`;

/** A profile as the list shows it. */
export interface ListedProfile {
  /** Its name. */
  readonly name: string;
  /** Who it is, and where. */
  readonly profile: Profile;
}

/**
 * Makes the lines of the list.
 *
 * @param profiles all of them
 * @param current the one that is meant now, in any case
 * @param json whether a program reads it
 * @returns a line for each; `*` marks the one that is meant now
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { profileLines } from "./profiles.ts";
 * const profile = { name: "al", server: { hostname: "chat", port: 7667 } };
 * const lines = profileLines([{ name: "work", profile }], "Work", false);
 * assertEquals(lines.map(String), ["* work  al on chat:7667"]);
 * ```
 */
export function profileLines(
  profiles: readonly ListedProfile[],
  current: string,
  json: boolean,
): SafeText[] {
  const width = Math.max(0, ...profiles.map(({ name }) => name.length));
  return profiles.map(({ name, profile }) => {
    const server = formatAddress(profile.server);
    const isCurrent = nameKey(name) === nameKey(current);
    if (json) {
      return jsonLine({
        kind: "profile",
        profile: name,
        user: profile.name,
        server,
        current: isCurrent,
      });
    }
    const mark = isCurrent ? safe`*` : safe` `;
    const who = safe`${safeText(profile.name)} on ${safeText(server)}`;
    return safe`${mark} ${safeText(name.padEnd(width))}  ${who}`;
  });
}

/**
 * Adds the command.
 *
 * @param host gets it
 * @example
 * ```ts ignore
 * addProfilesCommand(program);
 * ```
 */
export function addProfilesCommand(host: CliHost): void {
  const command = new Command("profiles")
    .description("list the profiles: who you are, and where; * marks the one that is meant now")
    .addHelpText("after", examples)
    .action(() => {
      const { profile, json } = host.opts();
      const profiles = orStop(() => listProfiles(dataFolder(host)));
      for (const line of profileLines(profiles, profile, json === true)) console.log(line);
      if (profiles.length === 0) say(safe`none yet: type parley, or parley join INVITE`);
    });
  adopt(host, command);
}
