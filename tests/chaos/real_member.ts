/**
 * A member that is the real client, with its own mailbox on the disk: killed with SIGKILL, it has
 * what it committed, and nothing else.
 *
 * @module
 */

import { codes } from "../../lib/errors.ts";
import { lobbyName } from "../../lib/protocol/names.ts";
import { connection } from "../support/e2e.ts";
import type { Member } from "./member.ts";
import { readHeld, readLast, readState } from "./real_disk.ts";
import { type Printed, RealLife } from "./real_life.ts";
import { judgePrinted, type Run } from "./printed.ts";
import type { MemberRecord } from "./verdict.ts";

/** Milliseconds between two looks at its disk: fewer rows are answered meanwhile than it keeps. */
const lookMs = 100;
const complaintsMax = 20;

/** A message that it was given on its input. */
interface Given {
  readonly to: string;
  readonly text: string;
}

/**
 * A real `parley --json` in a pipe.
 *
 * What it was given counts as said when it is a row of its outbox: a line that it had not committed
 * when it was killed was never asked for. Rows are therefore a first part of what that run was
 * given, in that order.
 */
export class RealMember implements Member {
  readonly name: string;
  readonly #port: number;
  readonly #folder: string;
  readonly #path: string;
  readonly #said: (string | null)[] = [];
  readonly #answers: [number, number][] = [];
  readonly #runs: Run[] = [];
  readonly #complaints: string[] = [];
  readonly #rooms: string[] = [];
  #doneN = 0;
  #given: Given[] = [];
  #life: RealLife | null = null;
  #startLsn = 0;
  #looks: ReturnType<typeof setInterval> | undefined;
  #user = 0;
  #epoch = "";
  #since = 0;
  cursor = 0;
  acceptedLsn = 0;

  /**
   * @param name its user's
   * @param port at which it finds the server, always: its folder is named by it
   * @param folder for its data
   */
  constructor(name: string, port: number, folder: string) {
    this.name = name;
    this.#port = port;
    this.#folder = folder;
    this.#path = `${folder}/${name}/${name}@127.0.0.1_${port}/mailbox.db`;
  }

  get unanswered(): number {
    return this.#said.length - this.#doneN + this.#given.length;
  }

  /** How many entries it printed, over all its runs. */
  get printed(): number {
    return this.#runs.reduce((sum, { lsns }) => sum + lsns.length, 0);
  }

  async register(): Promise<void> {
    const { complaints } = await this.#begin().end("finish");
    this.#complaints.push(...complaints);
    const { user, cursor, epoch } = readState(this.#path, 0, 0);
    this.#user = user;
    this.#epoch = epoch;
    this.#since = this.cursor = this.#startLsn = cursor;
  }

  start(_port: number): void {
    this.#startLsn = readLast(this.#path);
    this.#life = this.#begin();
    this.#looks = setInterval(() => this.#look(), lookMs);
    // Once more: a line that was not committed is nowhere, and to be in a room already is no fault.
    for (const room of this.#rooms) this.#life.say(within(room));
  }

  async kill(): Promise<void> {
    const life = this.#life;
    if (!life) return;
    clearInterval(this.#looks);
    this.#life = null;
    this.#ended(await life.end("kill"));
  }

  say(to: string, text: string): void {
    if (!this.#life) return;
    this.#given.push({ to, text });
    this.#life.say(to.startsWith("@") ? [`/msg ${to} ${text}`] : within(to, text));
  }

  join(room: string): void {
    this.#rooms.push(room);
    this.#life?.say(within(room));
  }

  record(): MemberRecord {
    const held = readHeld(this.#path, this.#since);
    const { epoch } = readState(this.#path, this.#said.length, this.#doneN);
    if (epoch !== this.#epoch) this.#complain(`a new epoch: ${epoch}, not ${this.#epoch}`);
    for (const finding of judgePrinted(this.#runs, held, this.#since)) this.#complain(finding);
    return {
      name: this.name,
      user: this.#user,
      device: this.#user,
      epoch: this.#epoch,
      since: this.#since,
      said: this.#said,
      answers: this.#answers,
      held,
      complaints: this.#complaints,
    };
  }

  #begin(): RealLife {
    return new RealLife(connection(this.#port, this.name, this.#folder));
  }

  #ended({ lsns, complaints }: Printed): void {
    this.#look();
    // What it did not commit is nowhere.
    this.#given = [];
    for (const complaint of complaints) this.#complain(complaint);
    this.#runs.push({ startLsn: this.#startLsn, endLsn: readLast(this.#path), lsns });
  }

  #look(): void {
    const { rows, answers, cursor } = readState(this.#path, this.#said.length, this.#doneN);
    for (const { n, action } of rows) {
      if (n !== this.#said.length + 1) this.#complain(`row ${n} follows ${this.#said.length}`);
      this.#said.push(action.action === "message" ? this.#asGiven(n, action) : null);
    }
    for (const { n, lsn, code } of answers) {
      if (n !== this.#doneN + 1) this.#complain(`row ${n} was answered before ${this.#doneN + 1}`);
      if (code !== null && code !== codes.alreadyMember) {
        this.#complain(`row ${n} was refused with ${code}`);
      }
      this.#doneN = n;
      this.#answers.push([n, lsn]);
      this.acceptedLsn = Math.max(this.acceptedLsn, lsn);
    }
    if (cursor < this.cursor) this.#complain(`the cursor goes back to ${cursor}`);
    this.cursor = cursor;
  }

  /** The rows are what it was given, in that order, with nothing left out. */
  #asGiven(n: number, { to, text }: Given): string {
    const given = this.#given.shift();
    if (given?.to !== to || given.text !== text) {
      this.#complain(`row ${n} says ${text} to ${to}; given was ${given?.text} to ${given?.to}`);
    }
    return given?.text ?? "";
  }

  #complain(text: string): void {
    if (this.#complaints.length < complaintsMax) this.#complaints.push(text);
  }
}

/** The lines that make a room the one at hand, write to it, and go back. */
function within(room: string, ...texts: string[]): string[] {
  return room === lobbyName ? texts : [`/join ${room}`, ...texts, `/join ${lobbyName}`];
}
