/**
 * Programs that share one mailbox, each with a connection that the test speaks for.
 */

import type { Connection } from "../../lib/client/connection.ts";
import type { ClientEvent } from "../../lib/client/events.ts";
import { MailboxStore, type OpenMailbox, openMailbox } from "../../lib/client/mailbox_store.ts";
import { OutboxStore } from "../../lib/client/outbox_store.ts";
import { ReceiptStore } from "../../lib/client/receipt_store.ts";
import { type Held, SharedLine } from "../../lib/client/shared_line.ts";
import { Shown } from "../../lib/client/shown.ts";
import { itemsBytes, itemsEntry } from "../../lib/log/entry.ts";
import type { Action } from "../../lib/protocol/codec.ts";
import { ManualTimers, settled } from "./fake_socket.ts";
import { permittedTest } from "./permitted.ts";
import { SeededRandom } from "./random.ts";
import { type messagePacket, ownId, scriptedLogId } from "./scripted_server.ts";

/** Who the device is. */
export const own = { user: ownId, device: ownId, name: "alice", logId: scriptedLogId };

/** @returns a message to the lobby */
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
      changed: () => {
        this.changes++;
        queueMicrotask(() => open.batch.commit());
      },
      stop: () => Promise.resolve(),
      submit: (action: Action) => this.held!.outbox.add(action),
    };
    this.store = new MailboxStore(open);
    this.line = new SharedLine({
      store: this.store,
      outboxStore: new OutboxStore(open.database, open.batch, new SeededRandom(seed)),
      receiptStore: new ReceiptStore(open.database, open.batch),
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

  /** All comes anew. */
  resync(): void {
    this.#tell({ kind: "snapshot", reason: 2 });
  }

  /** The server answers a row. */
  answer(n: number, lsn: number, code: number | null = null): void {
    const { outbox, batch } = this.held!;
    const { epoch } = new OutboxStore(this.#open.database, batch, new SeededRandom(9)).epoch();
    const answered = code === null
      ? outbox.accepted({ epoch, n, lsns: [lsn] })
      : outbox.refused({ epoch, n, lsn, code });
    batch.commit();
    for (const one of answered) this.#tell({ kind: "answered", answered: one });
  }

  async look(): Promise<void> {
    this.timers.run();
    await settled();
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

  close(): void {
    this.#open.close();
  }
}

/** Runs a test with programs of one mailbox, which are closed after it. */
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
