/**
 * Questions of all programs of a mailbox to the server: whoever holds the connection asks for the
 * others too. No IO but the mailbox.
 *
 * @module
 */

import { audienceKey } from "../protocol/audience.ts";
import { nameKey } from "../protocol/names.ts";
import { type Batch, WriteError } from "../sqlite/batch.ts";
import type { ClientEvent } from "./events.ts";
import type { Answer, LeftQuestion, QuestionStore } from "./question_store.ts";
import { isSameSearch } from "./search.ts";
import type { Query } from "./requests.ts";

/** What shared questions need. */
export interface SharedQuestionsPorts {
  /** Where they are left. */
  readonly store: QuestionStore;
  /** That of the mailbox. */
  readonly batch: Pick<Batch, "commit">;
  /**
   * Asks over this program's own connection.
   *
   * @param query what to ask
   */
  ask(query: Query): void;
  /**
   * Tells this program's own answer.
   *
   * @param answer what it asked for, or that there is no answer
   */
  tell(answer: Answer): void;
}

/**
 * Hands questions and answers to and fro.
 *
 * What holds: an answer is told to who asked, each as often as it asked, and to nobody else; who
 * can't be answered is told that there is no connection.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryMailbox } from "./mailbox_store.ts";
 * import { QuestionStore } from "./question_store.ts";
 * import { SharedQuestions } from "./shared_questions.ts";
 * const { database, batch, close } = openMemoryMailbox();
 * const store = new QuestionStore(database, batch);
 * const asked: string[] = [];
 * const ask = ({ kind }: { kind: string }) => void asked.push(kind);
 * const questions = new SharedQuestions({ store, batch, ask, tell: () => {} });
 * questions.holds();
 * questions.ask({ kind: "rooms" });
 * assertEquals(asked, ["rooms"]);
 * close();
 * ```
 * @see docs/ARCHITECTURE.md, section "client"
 */
export class SharedQuestions {
  readonly #ports: SharedQuestionsPorts;
  #holds = false;
  #isLost = false;
  /** This program's own: asked over its own connection. */
  #own: Query[] = [];
  /** This program's own, left for another. */
  #left: LeftQuestion[] = [];
  /** Others', asked over this program's connection. */
  #others: LeftQuestion[] = [];
  #lastTaken = 0;

  /**
   * Starts without a connection, and without questions.
   *
   * @param ports what they need
   */
  constructor(ports: SharedQuestionsPorts) {
    this.#ports = ports;
  }

  /** Own questions that were left for another program and have no answer. */
  get left(): number {
    return this.#left.length;
  }

  /**
   * Asks, or leaves the question for who holds the connection.
   *
   * @param query what to ask
   */
  ask(query: Query): void {
    // How far own messages have come is told by events of its own.
    if (query.kind === "receipts") return this.#holds ? this.#ports.ask(query) : undefined;
    if (!this.#holds) {
      this.#write((store) => void this.#left.push({ id: store.leave(query), query }));
      return;
    }
    const isAskedFor = query.kind === "rooms" && this.#own.some(({ kind }) => kind === "rooms");
    if (!isAskedFor) this.#own.push(query);
    this.#ports.ask(query);
  }

  /** This program has the connection from now on, and asks what it had left for another. */
  holds(): void {
    this.#holds = true;
    const left = this.#left;
    this.#left = [];
    this.#write((store) => left.forEach(({ id }) => store.drop(id)));
    for (const { query } of left) this.ask(query);
    this.look();
  }

  /** Others may have left questions or answers; called when the mailbox has changed. */
  look(): void {
    if (this.#holds) this.#takeOthers();
    else this.#takeAnswers();
  }

  /**
   * Takes what came of the connection.
   *
   * @param event the next one
   * @returns whether this program is to be told: not, where only others asked
   */
  event(event: ClientEvent): boolean {
    switch (event.kind) {
      case "open":
        this.#isLost = false;
        return true;
      case "lost":
        this.#isLost = true;
        this.#answerOthers(() => true, { kind: "unanswered" });
        return true;
      case "snapshot":
        if (event.reason !== 0) this.#forget();
        return true;
      case "rooms":
      case "members":
      case "devices":
      case "past":
      case "info":
      case "found": {
        this.#answerOthers((query) => answers(event, query), event);
        const at = this.#own.findIndex((query) => answers(event, query));
        if (at >= 0) this.#own.splice(at, 1);
        return at >= 0;
      }
      default:
        return true;
    }
  }

  /** Takes back what was left: nobody waits for it any more. */
  stop(): void {
    const left = this.#left;
    this.#left = [];
    this.#write((store) => left.forEach(({ id }) => store.drop(id)));
  }

  #takeOthers(): void {
    for (const question of this.#ports.store.openAfter(this.#lastTaken)) {
      this.#lastTaken = question.id;
      this.#others.push(question);
      if (!this.#isLost) this.#ports.ask(question.query);
    }
    // Who asked can ask again, and what is asked in an offline night need not be gathered.
    if (this.#isLost) this.#answerOthers(() => true, { kind: "unanswered" });
  }

  #takeAnswers(): void {
    const told: Answer[] = [];
    this.#write((store) => {
      this.#left = this.#left.filter(({ id }) => {
        const answer = store.take(id);
        if (answer) told.push(answer);
        return !answer;
      });
    });
    for (const answer of told) this.#ports.tell(answer);
  }

  /** Lsns mean something else now: the server is asked no more for what is told by them. */
  #forget(): void {
    const isOfLog = ({ kind }: Query) => ["history", "info", "search"].includes(kind);
    this.#own = this.#own.filter((query) => !isOfLog(query));
    this.#answerOthers(isOfLog, { kind: "unanswered" });
  }

  #answerOthers(isMeant: (query: Query) => boolean, answer: Answer): void {
    const meant = this.#others.filter(({ query }) => isMeant(query));
    if (meant.length === 0) return;
    this.#others = this.#others.filter(({ query }) => !isMeant(query));
    this.#write((store) => meant.forEach(({ id }) => store.answer(id, answer)));
  }

  #write(work: (store: QuestionStore) => void): void {
    const { store, batch } = this.#ports;
    try {
      work(store);
      batch.commit();
    } catch (error) {
      // Who asked waits in vain, for as long as it cares to; what else is to be written says why.
      if (!(error instanceof WriteError)) throw error;
    }
  }
}

/** Whether an event is the answer to a question. */
function answers(event: Answer, query: Query): boolean {
  switch (event.kind) {
    case "rooms":
      return query.kind === "rooms";
    case "members":
      return query.kind === "members" && nameKey(query.room) === nameKey(event.room);
    case "devices":
      return query.kind === "devices" && query.user === event.user;
    case "past":
      return query.kind === "history" && audienceKey(query.room) === audienceKey(event.room);
    case "info":
      return query.kind === "info" && query.lsn === event.lsn;
    case "found":
      return query.kind === "search" && isSameSearch(query, event);
    case "unanswered":
      return false;
  }
}
