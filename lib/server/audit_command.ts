/**
 * `parleyd audit`: who was let in, kept out and given rights, by whom and why.
 *
 * @module
 */

import {
  Command,
  type CommandUnknownOpts,
  InvalidArgumentError,
} from "@commander-js/extra-typings";
import { nameKey } from "../protocol/names.ts";
import { parseAge } from "./admin_client.ts";
import type { AdminLine, AdminQuestion } from "./admin_lines.ts";
import type { CommandHost } from "./command_host.ts";

/** What of an audit is wanted. */
export interface AuditWish {
  /** Only what this user did, or what was done to them. */
  readonly user?: string;
  /** Only what is of this room. */
  readonly room?: string;
}

/**
 * Leaves of an answer what is wanted.
 *
 * @param lines the server's answer
 * @param wish a user, a room, both or neither; names in any case
 * @returns the lines that are told, the end included
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { wanted } from "./audit_command.ts";
 * const line = { lsn: 9, timeMs: 0, what: "kicked", actor: "al", device: 3, whom: "Bo" };
 * const audit = { ...line, room: "dev", more: "", reason: "" };
 * assertEquals([wanted([{ audit }], { user: "bo" }).length, wanted([{ audit }], { room: "x" })], [1, []]);
 * ```
 */
export function wanted(lines: readonly AdminLine[], { user, room }: AuditWish): AdminLine[] {
  const is = (name: string | undefined, ...of: string[]) =>
    name === undefined || of.some((one) => nameKey(one) === nameKey(name));
  return lines.filter((line) =>
    !("audit" in line) || is(user, line.audit.actor, line.audit.whom) && is(room, line.audit.room)
  );
}

/**
 * Adds the command.
 *
 * @param program gets it
 * @param dataOf finds the running server's data folder
 * @param tell asks the server and writes what is left of its answer
 * @example
 * ```ts ignore
 * addAuditCommand(program, dataOf, tell);
 * ```
 * @see docs/adr/0014-moderation.md
 */
export function addAuditCommand(
  program: CommandHost,
  dataOf: (own?: string) => Promise<string>,
  tell: (
    data: string,
    question: AdminQuestion,
    json: boolean,
    keep: (lines: readonly AdminLine[]) => readonly AdminLine[],
  ) => Promise<void>,
): void {
  const command = new Command("audit")
    .description("Asks the running server who was let in, kept out and given rights, and by whom.")
    .option("--since <age>", "only what is younger than this: 30s, 5m, 24h, 7d", since)
    .option("--user <name>", "only what this user did, or what was done to them")
    .option("--room <name>", "only what is of this room; lobby: of the server")
    .option("--data <folder>", "the running server's data folder")
    .option("--json", "JSON lines instead of text")
    .addHelpText(
      "after",
      `\nExamples:\n  parleyd audit --since 7d --data /var/lib/parley\n  parleyd audit --user bob --json`,
    )
    .action(async ({ since = 0, data, json, ...wish }) =>
      await tell(
        await dataOf(data),
        { ask: "audit", sinceMs: since },
        json === true,
        (lines) => wanted(lines, wish),
      )
    );
  const host = program as unknown as CommandUnknownOpts;
  host.addCommand(command.copyInheritedSettings(host));
}

function since(text: string): number {
  const ageMs = parseAge(text) ?? 0;
  if (ageMs > 0) return ageMs;
  throw new InvalidArgumentError("Write 30s, 5m, 24h or 7d.");
}
