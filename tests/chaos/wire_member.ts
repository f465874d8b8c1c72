/**
 * A member that speaks the protocol by itself, so that nothing of the real client vouches for the
 * real server.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { equals } from "@std/bytes/equals";
import { encodeHex } from "@std/encoding/hex";
import { codeName, codes } from "../../lib/errors.ts";
import { limits } from "../../lib/limits.ts";
import { itemsEntry } from "../../lib/log/entry.ts";
import {
  type Action,
  actionItem,
  decodePacket,
  encodePacket,
  type Packet,
} from "../../lib/protocol/codec.ts";
import { type TestDevice, WireClient } from "../support/wire_client.ts";
import type { Accepted, Member } from "./member.ts";
import { checksum } from "./checksum.ts";
import type { Held, MemberRecord } from "./verdict.ts";

/** How long it waits for an answer or a word before it takes the connection for dead. */
const patienceMs = 2_000;
const pauseMs = 50;
const tickMs = 50;

interface Standing {
  readonly lsn: number;
  readonly digest: Uint8Array;
}

/** What is known of one connection, and gone with it. */
interface Line {
  readonly wire: WireClient;
  readonly sinceMs: number;
  /** Received, and not committed. */
  pending: Held[];
  lastLsn: number;
  sentN: number;
  flying: number;
  flyingBytes: number;
  retryAtMs: number | null;
  heardMs: number;
  answeredMs: number;
  ackDueMs: number;
  isWriting: boolean;
  out: Uint8Array[];
}

/** A member whose outbox and committed entries are the harness's, and survive its kills. */
export class WireMember implements Member {
  readonly #device: TestDevice;
  readonly #setupPort: number;
  readonly #epoch = crypto.getRandomValues(new Uint8Array(16));
  readonly #said: (string | null)[] = [];
  /** A frame for each row; null once it has its answer. */
  readonly #rows: (Uint8Array | null)[] = [];
  /** Rows up to this number have their answer. */
  #doneN = 0;
  readonly #answers: [number, number][] = [];
  readonly #heldLsns: number[] = [];
  readonly #heldSums: number[] = [];
  readonly #complaints: string[] = [];
  readonly #accepted: Accepted;
  #user = 0;
  #logId = new Uint8Array();
  #since = 0;
  #standing: Standing = { lsn: 0, digest: new Uint8Array(32) };
  #line: Line | null = null;
  #running: Promise<void> | null = null;
  #isStopped = true;
  acceptedLsn = 0;

  /**
   * @param device who it is
   * @param setupPort where it registers, before anything breaks
   * @param accepted is told of each `accepted`
   */
  constructor(device: TestDevice, setupPort: number, accepted: Accepted) {
    this.#device = device;
    this.#setupPort = setupPort;
    this.#accepted = accepted;
  }

  get name(): string {
    return this.#device.name;
  }

  get unanswered(): number {
    return this.#rows.length - this.#doneN;
  }

  get cursor(): number {
    return this.#standing.lsn;
  }

  async register(): Promise<void> {
    const wire = await WireClient.open(this.#setupPort, this.#device);
    const welcome = wire.received.find((packet) => packet.packet === "welcome")!;
    const { lsn, digest } = wire.received.findLast((packet) => packet.packet === "upto")!;
    this.#user = welcome.user;
    this.#logId = welcome.logId.slice();
    this.#since = lsn;
    this.#standing = { lsn, digest };
    wire.close();
  }

  start(port: number): void {
    this.#isStopped = false;
    this.#running = this.#run(port);
  }

  async kill(): Promise<void> {
    this.#isStopped = true;
    this.#line?.wire.close();
    await this.#running;
  }

  say(to: string, text: string): void {
    this.#add({ action: "message", to, text, act: false }, text);
  }

  join(room: string): void {
    this.#add({ action: "join", room }, null);
  }

  record(): MemberRecord {
    return {
      name: this.name,
      user: this.#user,
      device: this.#user,
      epoch: encodeHex(this.#epoch),
      since: this.#since,
      said: this.#said,
      answers: this.#answers,
      held: this.#heldLsns.map((lsn, at) => ({ lsn, sum: this.#heldSums[at]! })),
      complaints: this.#complaints,
    };
  }

  #add(action: Action, text: string | null): void {
    this.#said.push(text);
    const n = this.#said.length;
    const id = crypto.getRandomValues(new Uint8Array(16));
    const frame = encodePacket("submit", {
      epoch: this.#epoch,
      n,
      id,
      action: actionItem(action),
    });
    this.#rows.push(frame);
    if (this.#line) this.#send(this.#line);
  }

  async #run(port: number): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#connect(port);
      } catch {
        // No server, a cut, a death: whatever it was, it goes on with the next connection.
      }
      this.#line?.wire.close();
      this.#line = null;
      if (!this.#isStopped) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  async #connect(port: number): Promise<void> {
    const nowMs = performance.now();
    const wire = await WireClient.connect(port);
    const line = this.#line = {
      wire,
      sinceMs: nowMs,
      pending: [],
      lastLsn: this.#standing.lsn,
      sentN: Infinity,
      flying: 0,
      flyingBytes: 0,
      retryAtMs: null,
      heardMs: nowMs,
      answeredMs: nowMs,
      ackDueMs: Infinity,
      isWriting: false,
      out: [],
    };
    const timer = setInterval(() => this.#tick(line), tickMs);
    try {
      if (this.#isStopped) return;
      const { logId, head, epoch, n } = await wire.login(this.#device);
      if (!equals(logId, this.#logId)) this.#complain("another log");
      if (head < this.acceptedLsn) this.#complain(`head ${head} below ${this.acceptedLsn}`);
      if (n < this.#doneN || (epoch && !equals(epoch, this.#epoch))) {
        this.#complain(`welcome knows ${n} rows, ${this.#doneN} are done`);
      }
      wire.divert(
        (payload) => this.#guard(line, payload),
        () => (line.heardMs = performance.now()),
      );
      const { lsn: cursor, digest } = this.#standing;
      this.#say(line, encodePacket("resume", { logId: this.#logId, cursor, digest }));
      line.sentN = this.#doneN;
      this.#send(line);
      await wire.ending();
    } finally {
      clearInterval(timer);
    }
  }

  #tick(line: Line): void {
    const nowMs = performance.now();
    if (nowMs >= line.ackDueMs) this.#commit(line);
    const isOwed = line.flying > 0 && nowMs - line.answeredMs > patienceMs;
    if (isOwed || nowMs - line.heardMs > patienceMs) line.wire.close();
    else this.#send(line);
  }

  #guard(line: Line, payload: Uint8Array): void {
    try {
      this.#take(line, payload);
    } catch (error) {
      this.#complain(`not readable: ${(error as Error).message}`);
      line.wire.close();
    }
  }

  #take(line: Line, payload: Uint8Array): void {
    // What comes after its end is not for it any more.
    if (line !== this.#line || this.#isStopped) return;
    const packet = decodePacket(payload, "server");
    switch (packet.packet) {
      case "entry":
        this.#received(line, packet, checksum(payload));
        break;
      case "upto":
        this.#commit(line, { lsn: packet.lsn, digest: packet.digest.slice() });
        break;
      case "accepted":
        packet.lsns.forEach((lsn, at) => this.#answered(line, packet.n + at, lsn));
        this.#accepted(line.sinceMs);
        this.#send(line);
        break;
      case "refused":
        this.#complain(`${packet.n} was refused: ${codeName(packet.code)}`);
        break;
      case "later":
        this.#later(line, packet);
        break;
      case "snapshot":
        this.#complain(`a snapshot for reason ${packet.reason}`);
        break;
      case "error":
        if (packet.code < codes.tooSlow) {
          this.#complain(`the server says ${codeName(packet.code)} ${packet.detail}`);
        }
    }
  }

  #received(line: Line, packet: Packet<"entry">, sum: number): void {
    const { lsn } = itemsEntry(packet.header, packet.body);
    if (lsn <= line.lastLsn) this.#complain(`${lsn} after ${line.lastLsn} on one connection`);
    line.lastLsn = lsn;
    // What was committed beyond the cursor comes again, and is passed over.
    if (lsn > (this.#heldLsns.at(-1) ?? 0)) line.pending.push({ lsn, sum });
    line.ackDueMs = Math.min(line.ackDueMs, performance.now() + limits.ackDelayMs / 2);
    if (line.pending.length >= limits.ackEntries) this.#commit(line);
  }

  /** What is committed is what is left of it after a kill; only then it is acknowledged. */
  #commit(line: Line, standing?: Standing): void {
    for (const { lsn, sum } of line.pending) {
      this.#heldLsns.push(lsn);
      this.#heldSums.push(sum);
    }
    line.pending = [];
    line.ackDueMs = Infinity;
    if (standing) {
      if (standing.lsn < this.#standing.lsn) this.#complain(`upto goes back to ${standing.lsn}`);
      this.#standing = standing;
    }
    this.#say(line, encodePacket("ack", { lsn: Math.max(line.lastLsn, this.#standing.lsn) }));
  }

  #answered(line: Line, n: number, lsn: number): void {
    this.#answers.push([n, lsn]);
    this.#landed(line, n);
    this.#rows[n - 1] = null;
    this.acceptedLsn = Math.max(this.acceptedLsn, lsn);
    if (n === this.#doneN + 1) this.#doneN = n;
    else if (n > this.#doneN) this.#complain(`${n} was answered before ${this.#doneN + 1}`);
  }

  #later(line: Line, { n, code, last }: Packet<"later">): void {
    this.#landed(line, n);
    const isForLater = code === codes.busy || code === codes.unavailable || code === codes.gap;
    if (!isForLater) this.#complain(`${n} is for later: ${codeName(code)}`);
    if (last < this.#doneN) this.#complain(`last is ${last}, ${this.#doneN} was accepted`);
    line.retryAtMs ??= performance.now() + 2 * pauseMs;
  }

  #landed(line: Line, n: number): void {
    line.answeredMs = performance.now();
    line.flying--;
    line.flyingBytes -= this.#rows[n - 1]?.length ?? 0;
  }

  #send(line: Line): void {
    const nowMs = performance.now();
    if (line.retryAtMs !== null) {
      if (line.flying > 0 || nowMs < line.retryAtMs) return;
      line.retryAtMs = null;
      line.sentN = this.#doneN;
    }
    const frames: Uint8Array[] = [];
    for (let frame = this.#rows[line.sentN]; frame; frame = this.#rows[line.sentN]) {
      const { length } = frame;
      const fits = line.flying < limits.windowCountMax &&
        line.flyingBytes + length <= limits.windowBytesMax;
      if (!fits) break;
      if (line.flying === 0) line.answeredMs = nowMs;
      line.flying++;
      line.flyingBytes += length;
      line.sentN++;
      frames.push(frame);
    }
    if (frames.length > 0) this.#say(line, concat(frames));
  }

  #say(line: Line, bytes: Uint8Array): void {
    line.out.push(bytes);
    if (!line.isWriting) void this.#write(line);
  }

  async #write(line: Line): Promise<void> {
    line.isWriting = true;
    try {
      while (line.out.length > 0) await line.wire.bytes(concat(line.out.splice(0)));
    } catch {
      // The reading side sees the end too.
    }
    line.isWriting = false;
  }

  #complain(text: string): void {
    if (this.#complaints.length < 20) this.#complaints.push(text);
  }
}
