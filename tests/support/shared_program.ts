/**
 * Programs that share a mailbox on the disk, each with a connection that the test speaks for.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Connection } from "../../lib/client/connection.ts";
import type { ClientEvent } from "../../lib/client/events.ts";
import { MailboxStore, type OpenMailbox, openMailbox } from "../../lib/client/mailbox_store.ts";
import { type OutboxRow, OutboxStore } from "../../lib/client/outbox_store.ts";
import { QuestionStore } from "../../lib/client/question_store.ts";
import { ReceiptStore } from "../../lib/client/receipt_store.ts";
import type { Query } from "../../lib/client/requests.ts";
import { SharedLine } from "../../lib/client/shared_line.ts";
import type { Held } from "../../lib/client/shared_line_ports.ts";
import { Shown } from "../../lib/client/shown.ts";
import { codes } from "../../lib/errors.ts";
import { itemsBytes, itemsEntry } from "../../lib/log/entry.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import { ManualTimers, settled } from "./fake_socket.ts";
import { permittedTest } from "./permitted.ts";
import { SeededRandom } from "./random.ts";
import { entryPacket, type messagePacket, ownId, scriptedLogId } from "./scripted_server.ts";

const own = { user: ownId, device: ownId, name: "alice", logId: scriptedLogId };

/** A message to the lobby, to ask for. */
export function text(words: string): Action {
  return { action: "message", to: "lobby", text: words, act: false };
}

/** One program: its own view of the mailbox's file, and a connection that the test speaks for. */
export class Program {
  readonly events: ClientEvent[] = [];
  readonly timers = new ManualTimers();
  readonly line: SharedLine;
  readonly store: MailboxStore;
  readonly #open: OpenMailbox;
  held: Held | null = null;
  #tell: (event: ClientEvent) => void = () => {};
  changes = 0;
  readonly acked: number[] = [];
  /** What goes out over this program's own connection. */
  readonly asked: Query[] = [];
  behind = false;
  written: Promise<boolean> = Promise.resolve(true);

  constructor(folder: string, seed: number, lock: { holder: Program | null }, reader: string) {
    const open = this.#open = openMailbox(`${folder}/mailbox.db`);
    const connection = {
      isOpen: true,
      unasked: 0,
      start: () => {},
      watch: () => {},
      stored: (lsn: number) => this.acked.push(lsn),
      changed: () => this.changes++,
      ask: (query: Query) => this.asked.push(query),
      stop: () => Promise.resolve(),
      submit: (action: Action) => this.held!.outbox.add(action),
    };
    this.store = new MailboxStore(open);
    this.line = new SharedLine({
      store: this.store,
      outboxStore: new OutboxStore(open.database, open.batch, new SeededRandom(seed)),
      receiptStore: new ReceiptStore(open.database, open.batch),
      questionStore: new QuestionStore(open.database, open.batch),
      lock: { tryHold: () => (lock.holder ??= this) === this },
      timers: this.timers,
      shown: new Shown(open.database, open.batch, reader),
      tell: (event) => this.events.push(event),
      settled: () => this.written,
      isBehind: () => this.behind,
      connect: (held, tell) => {
        this.held = held;
        this.#tell = tell;
        return connection as unknown as Connection;
      },
    });
  }

  /** Entries come in over the connection, and are committed together. */
  receive(...packets: ReturnType<typeof messagePacket>[]): void {
    const { mailbox, outbox, batch } = this.held!;
    const events = packets.flatMap(({ header, body }) => {
      const entry = itemsEntry(header, body);
      const { row } = entry.device === ownId ? outbox.entry(entry) : { row: null };
      return mailbox.entry(entry, itemsBytes(header, body), row);
    });
    batch.commit();
    for (const event of events) this.#tell(event);
  }

  /** The connection tells something. */
  tell(event: ClientEvent): void {
    this.#tell(event);
  }

  /** All comes anew. */
  resync(): void {
    this.#tell({ kind: "snapshot", reason: 2 });
  }

  /** The server refuses what another program asked for: the row has its answer, and its entry comes. */
  refuse({ epoch, n, id }: OutboxRow, lsn: number): void {
    this.answer(n, lsn, codes.notMember);
    const header = { user: ownId, device: ownId, epoch, n, id, audience: [3, ownId] } as const;
    this.receive(entryPacket(lsn, { kind: "refused", code: codes.notMember }, header));
  }

  /** The server answers a row, of which is not told yet. */
  settle(n: number, lsn: number, code: number | null = null): () => void {
    const { outbox, batch } = this.held!;
    const { epoch } = new OutboxStore(this.#open.database, batch, new SeededRandom(9)).epoch();
    const answered = code === null
      ? outbox.accepted({ epoch, n, lsns: [lsn] })
      : outbox.refused({ epoch, n, lsn, code });
    batch.commit();
    return () => {
      for (const one of answered) this.#tell({ kind: "answered", answered: one });
    };
  }

  /** The server answers a row. */
  answer(n: number, lsn: number, code: number | null = null): void {
    this.settle(n, lsn, code)();
  }

  async look(times = 1): Promise<void> {
    for (let at = 0; at < times; at++) {
      this.timers.run();
      await settled();
    }
  }

  get shown(): string[] {
    return this.events.flatMap((event) =>
      event.kind === "entry" && event.shown.entry.content?.kind === "message"
        ? event.shown.entry.content.text
        : []
    );
  }

  get answers(): [number, string][] {
    return this.events.flatMap((event) =>
      event.kind === "answered" ? [[event.answered.row.n, event.answered.answer.kind]] : []
    ) as [number, string][];
  }

  get database(): DatabaseSync {
    return this.#open.database;
  }

  close(): void {
    this.#open.close();
  }
}

/** Registers a test with programs on one mailbox; it gets a way to start one, and who holds the lock. */
export function sharedTest(
  name: string,
  run: (
    start: (prepare?: (program: Program) => void, reader?: string) => Program,
    lock: { holder: Program | null },
  ) => Promise<void>,
): void {
  permittedTest(`SharedLine: ${name}`, ["read", "write"], async () => {
    const folder = await Deno.makeTempDir({ prefix: "parley-shared-" });
    const programs: Program[] = [];
    const lock = { holder: null as Program | null };
    try {
      await run((prepare, reader = "screen") => {
        const program = new Program(folder, programs.length + 1, lock, reader);
        programs.push(program);
        prepare?.(program);
        program.line.start();
        return program;
      }, lock);
    } finally {
      for (const program of programs) program.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** Starts the program that holds the connection, and logs it in. */
export function startHolder(start: () => Program): Program {
  const first = start();
  first.held!.mailbox.welcome(own);
  first.held!.mailbox.room({ room: [0, 1], name: "lobby", since: 1 });
  first.held!.batch.commit();
  return first;
}
