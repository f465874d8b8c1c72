/**
 * What a session is asked about the log, and its answers, which come when the log has been read.
 *
 * @module
 */

import { codes, ProtocolError } from "../errors.ts";
import { limits } from "../limits.ts";
import { pastFrame, pastItemsBytesMax } from "../log/past.ts";
import { foundFrame, foundItemsBytesMax } from "../log/search.ts";
import { wordsOf } from "../protocol/words.ts";
import { encodePacket, type Packet } from "../protocol/codec.ts";
import type { SessionPorts } from "./ports.ts";
import type { Lane, Rates } from "./rate.ts";

/** What the questions need of whoever answers them. */
export interface Answering {
  /** Reads the log. */
  readonly ports: Pick<SessionPorts, "rooms" | "members" | "devices" | "history" | "search">;
  /**
   * Tells who is there, for a room's members.
   *
   * @param user a user's id
   * @returns whether any device of the user is connected
   */
  isPresent(user: number): boolean;
  /**
   * Tells whether a device is there.
   *
   * @param device the device's id
   * @returns whether it is connected
   */
  isConnected(device: number): boolean;
  /**
   * Answers.
   *
   * @param frame a whole frame, not changed after this
   */
  say(frame: Uint8Array): void;
}

/** What one answer may hold. */
const pageBounds = { entriesMax: limits.historyEntriesMax, bytesMax: pastItemsBytesMax };

/** The packets that are questions to the log. */
const questionPackets = ["listRooms", "listMembers", "listDevices", "history", "search"] as const;

/**
 * The rules by which a session hands its questions on.
 *
 * @param asker finds what keeps a session's questions, and the id of who asks
 * @returns the rules, by the packet's name
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { questionRules } from "./questions.ts";
 * assertEquals(questionRules(() => { throw new Error(); }).history?.phases, ["open"]);
 * ```
 * @see docs/PROTOCOL.md, section "Lists and presence"
 */
export function questionRules<S>(
  asker: (session: S) => { readonly questions: Questions; readonly user: number },
): {
  readonly [name: string]: {
    readonly phases: readonly ["open"];
    readonly handle: (session: S, packet: Packet) => void;
  };
} {
  return Object.fromEntries(questionPackets.map((name) => {
    const handle = (session: S, packet: Packet) => {
      const { questions, user } = asker(session);
      questions[name](user, packet as Packet<never>);
    };
    return [name, { phases: ["open"], handle } as const];
  }));
}

/**
 * The questions of one session that are not answered yet.
 *
 * What holds: at most `listRequestsMax` are open, one of them for history or search: its answer may
 * be as long as a frame.
 *
 * @see docs/PROTOCOL.md, section "Lists and presence"
 */
export class Questions {
  readonly #answering: Answering;
  #open = 0;
  #pageOpen = false;
  readonly #rates: Pick<Rates, "history">;
  #lane: Lane | null = null;

  /**
   * Starts with nothing asked.
   *
   * @param answering reads, and takes the answers
   * @param rates say how often history may be asked for
   */
  constructor(answering: Answering, rates: Pick<Rates, "history">) {
    this.#answering = answering;
    this.#rates = rates;
  }

  /**
   * Asks for a page of the rooms.
   *
   * @param user the id of who asks
   * @param packet what was asked
   * @throws {ProtocolError} `unexpected` when too many questions are open
   */
  listRooms(user: number, { request, after }: Packet<"listRooms">): void {
    this.begin();
    this.#answering.ports.rooms(user, after, (page) => {
      this.end();
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
    this.begin();
    this.#answering.ports.members(user, room, after, ({ code, members, more }) => {
      this.end();
      const marked = members.map(([id, name]) =>
        [id, name, this.#answering.isPresent(id)] as const
      );
      this.#answering.say(encodePacket("memberList", { request, code, members: marked, more }));
    });
  }

  /**
   * Asks for a user's devices, and marks those that are connected.
   *
   * @param user the id of who asks
   * @param packet what was asked
   * @throws {ProtocolError} `unexpected` when too many questions are open
   */
  listDevices(user: number, { request, user: name }: Packet<"listDevices">): void {
    this.begin();
    this.#answering.ports.devices(user, name, ({ code, devices }) => {
      this.end();
      const rows = devices.map(({ device, addedMs, seenMs, shut }) =>
        [device, addedMs, seenMs, shut, this.#answering.isConnected(device)] as const
      );
      this.#answering.say(encodePacket("deviceList", { request, code, devices: rows }));
    });
  }

  /**
   * Asks for earlier entries of a room or direct: now, or as soon as the rate allows it.
   *
   * @param user the id of who asks
   * @param packet what was asked
   * @throws {ProtocolError} `unexpected` when too many questions are open, or one of these
   */
  history(user: number, { request, room, before }: Packet<"history">): void {
    this.#read((done) =>
      this.#answering.ports.history({ user, room, before, ...pageBounds }, (page) => {
        done(pastFrame(request, page));
      })
    );
  }

  /**
   * Looks for messages: now, or as soon as the rate of history allows it.
   *
   * @param user the id of who asks
   * @param packet what was asked
   * @throws {ProtocolError} `unexpected` when too many questions are open, or one of these
   */
  search(user: number, { request, terms, by, place, since, until, below }: Packet<"search">): void {
    const sought = terms.map(([text, prefix]) => ({ words: wordsOf(text), prefix }));
    const where = { from: by, in: place, sinceMs: since, untilMs: until, below };
    this.#read((done) =>
      this.#answering.ports.search({
        user,
        terms: sought,
        ...where,
        ...pageBounds,
        bytesMax: foundItemsBytesMax,
      }, (page) => {
        done(foundFrame(request, page));
      })
    );
  }

  #read(ask: (done: (frame: Uint8Array) => void) => void): void {
    if (this.#pageOpen) throw new ProtocolError(codes.unexpected, "a history or search is open");
    this.begin();
    this.#pageOpen = true;
    this.#lane ??= this.#rates.history();
    this.#lane.add(() =>
      ask((frame) => {
        this.end();
        this.#pageOpen = false;
        this.#answering.say(frame);
      })
    );
  }

  /** Reads nothing any more that waits for its time. */
  close(): void {
    this.#lane?.close();
  }

  /**
   * Counts a question that another object asks.
   *
   * @throws {ProtocolError} `unexpected` when too many are open
   */
  begin(): void {
    if (this.#open >= limits.listRequestsMax) {
      throw new ProtocolError(
        codes.unexpected,
        `more than ${limits.listRequestsMax} requests open`,
      );
    }
    this.#open++;
  }

  /** A question has its answer. */
  end(): void {
    this.#open--;
  }
}
