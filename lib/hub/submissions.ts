/**
 * What one connection has submitted and is not answered yet.
 *
 * @module
 */

import { codes, ProtocolError } from "../errors.ts";
import { headerBytes } from "../framing.ts";
import { limits } from "../limits.ts";
import type { KnownDevice } from "../log/log.ts";
import type { Outcome } from "../log/submission.ts";
import { itemAction, type Packet } from "../protocol/codec.ts";
import type { SessionPorts } from "./ports.ts";
import type { Lane } from "./rate.ts";

/** What submissions need of their session. */
export interface Submitting {
  /** Queues for the log. */
  readonly ports: Pick<SessionPorts, "submit">;
  /**
   * Answers.
   *
   * @param epoch of the outbox
   * @param n the number
   * @param outcome what became of it
   */
  answer(epoch: Uint8Array, n: number, outcome: Outcome): void;
  /**
   * A submission could not be handed on.
   *
   * @param error a failure of this side
   */
  broken(error: Error): void;
  /** Bytes of the log that one user may take with messages; 0: no bound. */
  readonly userBytesMax: number;
}

/**
 * The window of one connection. A submission is handed on when its user's rate allows it, and counts
 * in the window until it is answered: so the window is what bounds what waits.
 *
 * What holds: at most `windowCountMax` and `windowBytesMax` are open; they are handed on in order,
 * and none after `close`: what was not is not taken, and comes again.
 *
 * @see docs/PROTOCOL.md, section "Submitting"
 */
export class Submissions {
  readonly #submitting: Submitting;
  #lane: Lane | null = null;
  #count = 0;
  #bytes = 0;

  /**
   * Starts with nothing open.
   *
   * @param submitting the session
   */
  constructor(submitting: Submitting) {
    this.#submitting = submitting;
  }

  /** Bytes of the frames that are open. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Learns how often its user may say something; to be called before `submit`.
   *
   * @param lane closed by `close`
   */
  open(lane: Lane): void {
    this.#lane = lane;
  }

  /**
   * Takes a submission.
   *
   * @param device who submits
   * @param packet what was submitted
   * @param payloadBytes its payload's length
   * @throws {ProtocolError} `unexpected` when more is open than the window allows
   */
  submit(
    { user, device }: KnownDevice,
    { epoch, n, id, action }: Packet<"submit">,
    payloadBytes: number,
  ): void {
    const sizeBytes = payloadBytes + headerBytes;
    this.#count++;
    this.#bytes += sizeBytes;
    if (
      this.#count > limits.windowCountMax || this.#bytes > limits.windowBytesMax + headerBytes
    ) {
      throw new ProtocolError(codes.unexpected, "more submissions than the window allows");
    }
    const { userBytesMax } = this.#submitting;
    const head = { by: "device", user, device, epoch, n, id, sizeBytes, userBytesMax } as const;
    const request = { ...head, action: itemAction(action) };
    this.#lane!.add(() => {
      try {
        this.#submitting.ports.submit(request, (outcome) => {
          this.#count--;
          this.#bytes -= sizeBytes;
          this.#submitting.answer(epoch, n, outcome);
        });
      } catch (error) {
        this.#submitting.broken(error as Error);
      }
    });
  }

  /** Hands nothing on any more. */
  close(): void {
    this.#lane?.close();
  }
}
