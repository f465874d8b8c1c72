/**
 * `parley send`: one message, and an exit code that says what became of it.
 *
 * @module
 */

import { codes, explain } from "../errors.ts";
import { limits } from "../limits.ts";
import { isName, isText } from "../protocol/names.ts";
import { joinSafe, safe, type SafeText, safeText } from "../safe_text.ts";
import { systemTimers } from "../seams.ts";
import { exitCodes } from "./endings.ts";
import type { ClientEvent } from "./events.ts";
import { firstContactText, lostText } from "./notices.ts";
import type { Answer } from "./outbox_store.ts";
import { makeLine, onSignals, say, type Start } from "./start.ts";

/** What is to be sent, and how long that may take. */
export interface Sending {
  /** A room's name, or `@` and a user's. */
  readonly to: string;
  /** The message, within the rules for texts. */
  readonly text: string;
  /** Milliseconds in which the answer must come. */
  readonly timeoutMs: number;
}

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
 * Sends a message and waits until the server has it for good.
 *
 * @param start who and where
 * @param sending what; it has been checked
 * @returns the exit code: 0 only when it is durable at the server, 2 when it was refused, 3 when there
 * is no answer yet: then it is durable here, and goes out with the next connection
 * @example
 * ```ts ignore
 * Deno.exit(await runSend(start, { to: "lobby", text: "hi", timeoutMs: 30_000 }));
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export async function runSend(start: Start, sending: Sending): Promise<number> {
  const finished = Promise.withResolvers<number>();
  let lost: SafeText | null = null;
  const tell = (event: ClientEvent) => {
    if (event.kind === "entry") connection.stored(event.shown.entry.lsn);
    if (event.kind === "answered" && event.answered.row.place === row.place) {
      finished.resolve(outcome(event.answered.answer, sending.to));
    }
    if (event.kind === "lost") {
      if (event.why !== lost) say(lostText(event.why, event.pauseMs));
      lost = event.why;
    }
    if (event.kind === "firstContact") say(firstContactText(event.fingerprint, start.party));
    if (event.kind === "ended") {
      say(event.ending.why);
      finished.resolve(event.ending.exitCode);
    }
  };
  const connection = makeLine(start, 0, tell, () => Promise.resolve());
  onSignals(finished.resolve);
  const cancel = systemTimers.set(sending.timeoutMs, () => {
    say(noAnswer(sending.timeoutMs));
    finished.resolve(exitCodes.noConnection);
  });
  const { to, text } = sending;
  const row = connection.submit({ action: "message", to, text, act: false });
  connection.start();
  const exitCode = await finished.promise;
  cancel();
  await connection.stop();
  return exitCode;
}

function outcome(answer: Answer, to: string): number {
  if (answer.kind === "accepted") return exitCodes.done;
  const reason = safeText(explain(answer.code));
  const room = safeText(to);
  const hint = answer.code === codes.notMember
    ? [safe`join it first, with /join ${room} in parley`]
    : [];
  say(safe`not sent to ${room}: ${joinSafe([reason, ...hint], "; ")}`);
  return exitCodes.refused;
}

function noAnswer(timeoutMs: number): SafeText {
  const seconds = safeText(String(timeoutMs / 1000));
  return safe`no answer within ${seconds} s. The message is kept and goes out with the next \
connection: sending it again would send it twice`;
}
