/**
 * `parley send`: one message, and an exit code that says what became of it.
 *
 * @module
 */

import { codes, explain } from "../errors.ts";
import { limits } from "../limits.ts";
import { isName, isText } from "../protocol/names.ts";
import { type SafeText, safeText } from "../safe_text.ts";
import { systemTimers } from "../seams.ts";
import { exitCodes } from "./endings.ts";
import { Sender, type Sending } from "./sender.ts";
import type { SharedLine } from "./shared_line.ts";
import { makeLine, onSignals, say, type Start } from "./start.ts";

/** Milliseconds that the first message of a new device may take longer, for its cursor. */
const settleMs = 2_000;

/**
 * Checks what is to be sent by the rules that the server has too.
 *
 * @param to a room's name, or `@` and a user's
 * @param text the message
 * @returns what is wrong, or null
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { whyUnsendable } from "./send.ts";
 * assertEquals(whyUnsendable("@al", "hi"), null);
 * assertEquals(String(whyUnsendable("no room", "hi")).slice(0, 13), "a room's name");
 * ```
 * @see docs/PROTOCOL.md, section "Names and texts"
 */
export function whyUnsendable(to: string, text: string): SafeText | null {
  const isUser = to.startsWith("@");
  const name = isUser ? to.slice(1) : to;
  if (!isName(name)) return safeText(explain(isUser ? codes.badName : codes.badRoomName));
  return isText(text) ? null : safeText(explain(codes.badText));
}

/**
 * Reads the whole of standard input as one message: without the newline at its end, and no further
 * than any message can be long.
 *
 * @param input bytes
 * @returns the text; too long to be sent, where there is more
 * @throws {TypeError} when it is not UTF-8
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readMessage } from "./send.ts";
 * const input = ReadableStream.from([new TextEncoder().encode("a\nb\n")]);
 * assertEquals(await readMessage(input), "a\nb");
 * ```
 */
export async function readMessage(input: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  for await (const bytes of input) {
    text += decoder.decode(bytes, { stream: true });
    // A longer text stays too long without the newline at its end.
    if (text.length > limits.textBytesMax + 2) return text;
  }
  return (text + decoder.decode()).replace(/\r?\n$/, "");
}

/**
 * Sends a message and waits until it has come far enough.
 *
 * @param start who and where
 * @param sending what, and how far; it has been checked
 * @returns the exit code: 0 only when it is as far, 2 when it was refused, 3 when there is no answer
 * yet (then it is durable here, and goes out with the next connection), 4 when the server has it and
 * it came no further in time, or that can't be known
 * @example
 * ```ts ignore
 * const sending = { to: "lobby", text: "hi", timeoutMs: 30_000, wait: "accepted" } as const;
 * Deno.exit(await runSend(start, sending));
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export async function runSend(start: Start, sending: Sending): Promise<number> {
  const finished = Promise.withResolvers<number>();
  const caughtUp = Promise.withResolvers<void>();
  const line: SharedLine = makeLine(start, null, (event) => {
    if (event.kind === "caughtUp") caughtUp.resolve();
    sender.event(event);
  });
  const ports = { line, party: start.party, say, finish: finished.resolve };
  const sender = new Sender(ports, sending);
  onSignals(finished.resolve);
  const cancel = systemTimers.set(sending.timeoutMs, () => sender.tooLate());
  if (sender.submit()) line.start();
  const exitCode = await finished.promise;
  cancel();
  sender.unfollow();
  if (exitCode === exitCodes.done) await settled(line, caughtUp.promise);
  // Nobody else may come for long.
  await line.toldAll();
  await line.stop();
  return exitCode;
}

/** With a cursor the next one need not be given everything anew. */
async function settled({ mailbox }: SharedLine, caughtUp: Promise<void>): Promise<void> {
  if (mailbox.standing().logId !== null) return;
  const late = Promise.withResolvers<void>();
  const cancel = systemTimers.set(settleMs, late.resolve);
  await Promise.race([caughtUp, late.promise]);
  cancel();
}
