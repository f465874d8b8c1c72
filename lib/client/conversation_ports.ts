/**
 * What a conversation asks of whoever has the connection.
 *
 * @module
 */

import type { ClientEvent, Ending } from "./events.ts";
import type { HandshakePorts } from "./handshake.ts";

/** What a conversation needs of its shell. */
export interface ConversationPorts extends Pick<HandshakePorts, "verify" | "sign"> {
  /** Something is to be taken with `take`. */
  wake(): void;
  /**
   * Tells when a byte last came.
   *
   * @returns monotonic milliseconds
   */
  lastHeardMs(): number;
  /**
   * Something to show or to act on.
   *
   * @param event what came
   */
  tell(event: ClientEvent): void;
  /**
   * The conversation is over: write what `take` still gives, and end.
   *
   * @param ending why
   */
  end(ending: Ending): void;
}
