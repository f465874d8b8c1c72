/**
 * What a session is asked about the log, and its answers, which come when the log has been read.
 *
 * @module
 */

import { codes, ProtocolError } from "../errors.ts";
import { limits } from "../limits.ts";
import { encodePacket, type Packet } from "../protocol/codec.ts";
import type { SessionPorts } from "./ports.ts";

/** What the questions need of whoever answers them. */
export interface Answering {
  /** Reads the log. */
  readonly ports: Pick<SessionPorts, "rooms" | "members">;
  /**
   * Tells who is there, for a room's members.
   *
   * @param user a user's id
   * @returns whether any device of the user is connected
   */
  isPresent(user: number): boolean;
  /**
   * Answers.
   *
   * @param frame a whole frame, not changed after this
   */
  say(frame: Uint8Array): void;
}

/**
 * The questions of one session that are not answered yet.
 *
 * What holds: at most `listRequestsMax` are open.
 *
 * @see docs/PROTOCOL.md, section "Lists"
 */
export class Questions {
  readonly #answering: Answering;
  #open = 0;

  /**
   * Starts with nothing asked.
   *
   * @param answering reads, and takes the answers
   */
  constructor(answering: Answering) {
    this.#answering = answering;
  }

  /**
   * Asks for a page of the rooms.
   *
   * @param user the id of who asks
   * @param packet what was asked
   * @throws {ProtocolError} `unexpected` when too many questions are open
   */
  listRooms(user: number, { request, after }: Packet<"listRooms">): void {
    this.#begin();
    this.#answering.ports.rooms(user, after, (page) => {
      this.#open--;
      this.#answering.say(encodePacket("roomList", { request, ...page }));
    });
  }

  /**
   * Asks for a page of a room's members, and marks who is present.
   *
   * @param user the id of who asks
   * @param packet what was asked
   * @throws {ProtocolError} `unexpected` when too many questions are open
   */
  listMembers(user: number, { request, room, after }: Packet<"listMembers">): void {
    this.#begin();
    this.#answering.ports.members(user, room, after, ({ code, members, more }) => {
      this.#open--;
      const marked = members.map(([id, name]) =>
        [id, name, this.#answering.isPresent(id)] as const
      );
      this.#answering.say(encodePacket("memberList", { request, code, members: marked, more }));
    });
  }

  #begin(): void {
    if (this.#open >= limits.listRequestsMax) {
      throw new ProtocolError(
        codes.unexpected,
        `more than ${limits.listRequestsMax} requests open`,
      );
    }
    this.#open++;
  }
}
