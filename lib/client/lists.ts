/**
 * `parley rooms` and `parley who`: lists, a line for each.
 *
 * @module
 */

import { nameKey } from "../protocol/names.ts";
import { safe, type SafeText, safeText } from "../safe_text.ts";
import { advised } from "./advice.ts";
import { exitCodes } from "./endings.ts";
import type { ClientEvent, ListedMember, ListedRoom } from "./events.ts";
import type { Inquiry, InquiryPorts } from "./inquiry.ts";
import { jsonLine } from "./json_view.ts";

/** A room as a list shows it; how many members it has only the server knows. */
export type RoomLine = Omit<ListedRoom, "room" | "members"> & { readonly members: number | null };

/**
 * Makes the line of a room.
 *
 * @param room its name, members, and whether one is a member oneself
 * @param json whether a program reads it
 * @param width cells up to the second column
 * @returns one line
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { roomLine } from "./lists.ts";
 * const room = { name: "dev", members: 3, member: true };
 * assertEquals(String(roomLine(room, false, 5)), "dev    3 members, you too");
 * ```
 */
export function roomLine({ name, members, member }: RoomLine, json: boolean, width = 0): SafeText {
  if (json) return jsonLine({ kind: "room", room: name, members, member });
  const start = safeText(name.padEnd(width));
  if (members === null) return safe`${start}  ${member ? safe`you are a member` : safe``}`;
  const count = members === 1 ? safe`1 member` : safe`${members} members`;
  return member ? safe`${start}  ${count}, you too` : safe`${start}  ${count}`;
}

/**
 * Makes the line of a member.
 *
 * @param room the room's name
 * @param member who, and whether they are connected
 * @param json whether a program reads it
 * @param width cells up to the second column
 * @returns one line
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { memberLine } from "./lists.ts";
 * assertEquals(String(memberLine("dev", { name: "al", present: true }, false, 3)), "al   here");
 * ```
 */
export function memberLine(
  room: string,
  { name, present }: ListedMember,
  json: boolean,
  width = 0,
): SafeText {
  if (json) return jsonLine({ kind: "member", room, user: name, present });
  return safe`${safeText(name.padEnd(width))}  ${present ? safe`here` : safe`away`}`;
}

/** The rooms of the server, or those that this device knows of. */
export class RoomsInquiry implements Inquiry {
  /** One's own rooms are there. */
  readonly isHeld = true;
  readonly #ports: InquiryPorts;
  readonly #json: boolean;

  /**
   * Starts with nothing asked.
   *
   * @param ports what it works with
   * @param json whether a program reads it
   */
  constructor(ports: InquiryPorts, json: boolean) {
    this.#ports = ports;
    this.#json = json;
  }

  /**
   * Asks for the rooms.
   *
   * @returns null: the answer comes
   */
  ask(): null {
    this.#ports.line.ask({ kind: "rooms" });
    return null;
  }

  /**
   * Prints the answer.
   *
   * @param event the next one
   * @returns 0 with the answer
   */
  event(event: ClientEvent): number | null {
    if (event.kind !== "rooms") return null;
    this.#print(event.rooms);
    return exitCodes.done;
  }

  /** Prints the rooms that one is a member of. */
  fromMailbox(): void {
    const known = this.#ports.store.rooms().flatMap(({ name, member }) =>
      name !== null && member ? [{ name, members: null, member }] : []
    );
    this.#print(known);
  }

  #print(rooms: readonly RoomLine[]): void {
    const sorted = [...rooms].sort((a, b) => nameKey(a.name) < nameKey(b.name) ? -1 : 1);
    const width = Math.max(0, ...sorted.map(({ name }) => name.length));
    this.#ports.print(sorted.map((room) => roomLine(room, this.#json, width)));
  }
}

/** Who is in a room: nobody but the server knows. */
export class WhoInquiry implements Inquiry {
  /** What was said is there, and not who hears it. */
  readonly isHeld = false;
  readonly #ports: InquiryPorts;
  readonly #room: string;
  readonly #json: boolean;

  /**
   * Starts with nothing asked.
   *
   * @param ports what it works with
   * @param room the room's name
   * @param json whether a program reads it
   */
  constructor(ports: InquiryPorts, room: string, json: boolean) {
    this.#ports = ports;
    this.#room = room;
    this.#json = json;
  }

  /**
   * Asks for the members.
   *
   * @returns null: the answer comes
   */
  ask(): null {
    this.#ports.line.ask({ kind: "members", room: this.#room });
    return null;
  }

  /**
   * Prints the answer.
   *
   * @param event the next one
   * @returns 0 with the answer, 2 where the server refuses it
   */
  event(event: ClientEvent): number | null {
    if (event.kind !== "members") return null;
    const { room, code, members } = event;
    if (code !== 0) {
      this.#ports.say(safe`${safeText(room)}: ${advised(code, room)}`);
      return exitCodes.refused;
    }
    const width = Math.max(0, ...members.map(({ name }) => name.length));
    this.#ports.print(members.map((member) => memberLine(room, member, this.#json, width)));
    return exitCodes.done;
  }

  /** Prints nothing. */
  fromMailbox(): void {}
}
