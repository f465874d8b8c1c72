/**
 * What a chaos run prints.
 *
 * @module
 */

import type { ChaosOptions, ChaosReport } from "./chaos.ts";
import { findings } from "./verdict.ts";

/** Findings of each kind that are printed. */
const shownMax = 10;

/** @returns the figures, what was wrong, and how to run the same again */
export function describeReport(options: ChaosOptions, report: ChaosReport): string {
  const { verdict, backMs, kills, clientKills, real } = report;
  const counts = Object.entries(verdict).map(([kind, all]) => `${kind} ${all.length}`);
  const lines = [
    `${kills} kills of the server, ${clientKills} of clients, ` +
    `${report.faultyConnections} bad connections, ${report.seconds} s`,
    `${report.accepted} accepted (${report.acceptedPerSecond}/s), ${report.entries} entries, ` +
    `${report.delivered} delivered`,
    `of that with ${options.clients} real clients: ${real.kills} kills, ${real.accepted} accepted, ` +
    `${real.delivered} in their mailboxes, ${real.printed} printed`,
    `served again after ${backMs.median} ms (median), ${backMs.max} ms (longest)`,
    counts.join(", "),
  ];
  for (const [kind, all] of Object.entries(verdict) as [string, string[]][]) {
    lines.push(...all.slice(0, shownMax).map((text) => `  ${kind}: ${text}`));
  }
  if (findings(verdict) > 0) lines.push(`again, as far as time allows: ${replay(options)}`);
  return lines.join("\n");
}

/** @returns the command of a run with the same seed */
export function replay(options: ChaosOptions): string {
  const { kills, seed, senders, clients, messagesPerSecond: rate, lifeMsMax: life } = options;
  return "deno task chaos " +
    Object.entries({ kills, seed, senders, clients, rate, life }).map(([name, value]) =>
      `--${name} ${value}`
    )
      .join(" ");
}
