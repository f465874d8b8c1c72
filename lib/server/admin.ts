/**
 * The operator's side door: questions about the running server, over a socket that only the owner of
 * the data folder can open.
 *
 * @module
 */

import { limits } from "../limits.ts";
import type { ReceiptReader } from "../log/receipts.ts";
import type { Socket } from "../net/link.ts";
import { isName } from "../protocol/names.ts";
import { roleNames } from "../protocol/roles.ts";
import type { Clock, Timers } from "../seams.ts";
import {
  type AdminInvite,
  type AdminLine,
  type AdminQuestion,
  readLines,
  writeLine,
} from "./admin_lines.ts";
import type { InviteAsk, RecoverAsk } from "./invites.ts";

/** What answers are made from. */
export interface AdminSources {
  /** Makes an invite, and tells it with the server's address when it is durable. */
  readonly invite: (ask: InviteAsk) => Promise<AdminInvite>;
  /** Makes a code for a further device, and tells it as an invite is told. */
  readonly recover: (ask: RecoverAsk) => Promise<AdminInvite>;
  /** Answers from what is written. */
  readonly reader: ReceiptReader;
  /** Tells whether a device is connected now. */
  readonly isConnected: (device: number) => boolean;
  /** Tells how old a message is. */
  readonly clock: Clock;
  /** Ends who takes too long. */
  readonly timers: Timers;
}

/**
 * Answers one question on each connection, and closes it.
 *
 * What holds: at most `adminConnectionsMax` are open, each for at most `adminMs`.
 *
 * @example
 * ```ts ignore
 * const admin = new Admin(sources);
 * listenUnix("data/admin.sock", (socket) => admin.accept(socket), () => {});
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export class Admin {
  readonly #sources: AdminSources;
  #open = 0;

  /**
   * Starts with nobody connected.
   *
   * @param sources what answers are made from
   */
  constructor(sources: AdminSources) {
    this.#sources = sources;
  }

  /**
   * Takes a connection.
   *
   * @param socket an accepted connection, owned from now on
   */
  accept(socket: Socket): void {
    if (this.#open >= limits.adminConnectionsMax) close(socket);
    else void this.#serve(socket);
  }

  async #serve(socket: Socket): Promise<void> {
    this.#open++;
    const cancel = this.#sources.timers.set(limits.adminMs, () => close(socket));
    try {
      for await (const value of readLines(socket)) {
        const question = questionOf(value);
        if (question) await this.#answer(question, (line) => writeLine(socket, line));
        else await writeLine(socket, { error: "no such question" });
        break;
      }
    } catch (error) {
      // Who is gone can't be told, and need not.
      await writeLine(socket, { error: (error as Error).message }).catch(() => {});
    }
    cancel();
    close(socket);
    this.#open--;
  }

  async #answer(question: AdminQuestion, say: (line: AdminLine) => Promise<void>): Promise<void> {
    switch (question.ask) {
      case "trace":
        return await this.#trace(question.lsn, say);
      case "undelivered":
        return await this.#undelivered(question.olderMs, say);
      case "audit":
        return await this.#audit(question.sinceMs, say);
      case "invite":
        await say({ invite: await this.#sources.invite(question) });
        return await say({ end: { more: 0, whole: true } });
      case "recover":
        await say({ invite: await this.#sources.recover(question) });
        return await say({ end: { more: 0, whole: true } });
    }
  }

  async #trace(lsn: number, say: (line: AdminLine) => Promise<void>): Promise<void> {
    const found = await this.#sources.reader.trace(lsn);
    if (!found) return await say({ error: `there is no entry ${lsn}` });
    const { recipients, more, ...trace } = found;
    await say({ trace });
    const { isConnected } = this.#sources;
    for (const { devices, ...user } of recipients) {
      const told = devices.map((one) => ({ ...one, connected: isConnected(one.device) }));
      await say({ recipient: { ...user, devices: told } });
    }
    await say({ end: { more, whole: true } });
  }

  /** Page by page, so that others can ask the store in between; half of the time at most. */
  async #undelivered(olderMs: number, say: (line: AdminLine) => Promise<void>): Promise<void> {
    const { reader, clock } = this.#sources;
    const deadlineMs = clock.monotonicMs() + limits.adminMs / 2;
    let next = await reader.lastBefore(clock.wallMs() - olderMs);
    let told = 0;
    let found = 0;
    while (next > 0 && clock.monotonicMs() < deadlineMs) {
      const page = await reader.undelivered(next, limits.adminMessagesMax - told);
      for (const undelivered of page.messages) await say({ undelivered });
      told += page.messages.length;
      found += page.found;
      next = page.next;
    }
    await say({ end: { more: found - told, whole: next === 0 } });
  }

  /** As above, but forwards, and all of it: who looks for what was done wants to miss nothing. */
  async #audit(sinceMs: number, say: (line: AdminLine) => Promise<void>): Promise<void> {
    const { reader, clock } = this.#sources;
    const deadlineMs = clock.monotonicMs() + limits.adminMs / 2;
    let after = sinceMs === 0 ? 0 : await reader.lastBefore(clock.wallMs() - sinceMs);
    for (;;) {
      const { lines, next } = await reader.audit(after);
      for (const audit of lines) await say({ audit });
      if (next === 0) return await say({ end: { more: 0, whole: true } });
      if (clock.monotonicMs() >= deadlineMs) return await say({ end: { more: 0, whole: false } });
      after = next;
    }
  }
}

function questionOf(value: unknown): AdminQuestion | null {
  const { ask, lsn, olderMs, ...rest } = (value ?? {}) as Record<string, unknown>;
  if (ask === "trace" && isCount(lsn)) return { ask, lsn };
  if (ask === "undelivered" && isCount(olderMs)) return { ask, olderMs };
  if (ask === "audit" && isCount(rest.sinceMs)) return { ask, sinceMs: rest.sinceMs };
  if (ask === "invite") return inviteQuestion(rest);
  if (ask === "recover") return recoverQuestion(rest);
  return null;
}

function inviteQuestion(
  { role, uses, lifeMs }: Record<string, unknown>,
): AdminQuestion | null {
  const named = roleNames.find((name) => name === role);
  if (!named || !isCount(uses) || uses < 1 || uses > limits.inviteUsesMax) return null;
  if (!isCount(lifeMs) || lifeMs < 1 || lifeMs > limits.inviteLifeMsMax) return null;
  return { ask: "invite", role: named, uses, lifeMs };
}

function recoverQuestion({ name, lifeMs }: Record<string, unknown>): AdminQuestion | null {
  if (typeof name !== "string" || !isName(name)) return null;
  if (!isCount(lifeMs) || lifeMs < 1 || lifeMs > limits.deviceCodeLifeMsMax) return null;
  return { ask: "recover", name, lifeMs };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function close(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // Closed already, which is what was wanted.
  }
}
