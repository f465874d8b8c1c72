/**
 * `parley join`: comes in by an invite, once, and says what to type next.
 *
 * @module
 */

import { safe, type SafeText, safeText } from "../safe_text.ts";
import { exitCodes, type Party } from "./endings.ts";
import type { ClientEvent } from "./events.ts";
import { makeLine, onSignals, say, type Start } from "./start.ts";

/** How it went. */
export interface Joined {
  /** The program's exit code. */
  readonly exitCode: number;
  /** For the person, with what to do next. */
  readonly why: SafeText;
  /** The wire code, where the server refused. */
  readonly code?: number;
}

/**
 * Tells what an event says about coming in. An attempt that fails is not repeated: somebody waits
 * in front of it, and can type it again.
 *
 * @param event the next one
 * @param party whom it is about
 * @param command what starts the client from now on
 * @returns how it went; null while that is not known
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { joinResult } from "./join.ts";
 * const party = { server: "chat:7667", name: "al", folder: "/d" };
 * const result = joinResult({ kind: "open" }, party, "parley");
 * assertEquals(String(result?.why), "you are al on chat:7667: type parley to talk");
 * ```
 */
export function joinResult(event: ClientEvent, party: Party, command: string): Joined | null {
  const { noConnection, done } = exitCodes;
  const name = safeText(party.name);
  const server = safeText(party.server);
  switch (event.kind) {
    case "open":
      return {
        exitCode: done,
        why: safe`you are ${name} on ${server}: type ${safeText(command)} to talk`,
      };
    case "lost":
      return {
        exitCode: noConnection,
        why:
          safe`not joined: ${event.why}. Try again, with the same invite, when the server can be \
reached`,
      };
    case "follows":
      return {
        exitCode: noConnection,
        why: safe`not joined: another parley on this machine runs as ${name} on ${server}. End it \
first, or choose another --name`,
      };
    case "ended":
      return { ...event.ending, why: safe`not joined: ${event.ending.why}` };
    default:
      return null;
  }
}

/**
 * Logs in for the first time, and tells how it went.
 *
 * @param start who and where, with the invite if there is one
 * @param command what starts the client from now on
 * @returns how it went; the exit code where a signal ended it
 * @example
 * ```ts ignore
 * const joined = await tryJoin({ ...start, invite }, "parley");
 * ```
 * @see docs/PROTOCOL.md, section "Getting in"
 */
export async function tryJoin(start: Start, command: string): Promise<Joined | number> {
  const finished = Promise.withResolvers<Joined | number>();
  const line = makeLine(start, null, (event) => {
    const result = joinResult(event, start.party, command);
    if (result) finished.resolve(result);
  });
  onSignals(finished.resolve);
  line.start();
  const result = await finished.promise;
  await line.stop();
  return result;
}

/**
 * Logs in with an invite.
 *
 * @param start who and where, with the invite
 * @param command what starts the client from now on
 * @param remember keeps who joined for the next time
 * @returns the exit code: 0 when the name is this device's for good
 * @example
 * ```ts ignore
 * Deno.exit(await runJoin({ ...start, invite }, "parley", () => writeProfile(base, profile)));
 * ```
 * @see docs/PROTOCOL.md, section "Getting in"
 */
export async function runJoin(
  start: Start,
  command: string,
  remember: () => void,
): Promise<number> {
  const result = await tryJoin(start, command);
  if (typeof result === "number") return result;
  const { exitCode, why } = result;
  if (exitCode !== exitCodes.done) say(why);
  else {
    try {
      remember();
    } catch (error) {
      say(
        safe`--server and --name will be needed each time: ${safeText((error as Error).message)}`,
      );
    }
    console.log(why);
  }
  return exitCode;
}
