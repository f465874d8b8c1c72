/**
 * Questions to the server that one program leaves in the mailbox for another, and their answers.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Batch } from "../sqlite/batch.ts";
import { prepareAll, type Statements } from "../sqlite/statements.ts";
import type { ClientEvent } from "./events.ts";
import type { Query } from "./requests.ts";

/** Questions that are kept: what is older was left by programs that are gone. */
const keptMax = 64;

const sql = {
  insert: "INSERT INTO questions (question) VALUES (?)",
  trim: "DELETE FROM questions WHERE id <= ?",
  open: "SELECT id, question FROM questions WHERE answer IS NULL AND id > ? ORDER BY id",
  answer: "UPDATE questions SET answer = ? WHERE id = ?",
  answered: "SELECT answer FROM questions WHERE id = ? AND answer IS NOT NULL",
  drop: "DELETE FROM questions WHERE id = ?",
} as const;

/** A question that waits for an answer. */
export interface LeftQuestion {
  /** Its number in the mailbox. */
  readonly id: number;
  /** What is asked. */
  readonly query: Query;
}

/** The answer, or that there is none. */
export type Answer = Extract<
  ClientEvent,
  { readonly kind: "rooms" | "members" | "devices" | "past" | "info" | "found" | "unanswered" }
>;

/**
 * Reads and writes questions. What is written is durable after the batch that it is part of.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openMemoryMailbox } from "./mailbox_store.ts";
 * import { QuestionStore } from "./question_store.ts";
 * const { database, batch, close } = openMemoryMailbox();
 * const store = new QuestionStore(database, batch);
 * const id = store.leave({ kind: "rooms" });
 * assertEquals(store.openAfter(0), [{ id, query: { kind: "rooms" } }]);
 * store.answer(id, { kind: "rooms", rooms: [] });
 * assertEquals([store.take(id), store.take(id)], [{ kind: "rooms", rooms: [] }, null]);
 * close();
 * ```
 */
export class QuestionStore {
  readonly #statements: Statements<keyof typeof sql>;
  readonly #batch: Batch;

  /**
   * Prepares the statements.
   *
   * @param database an open mailbox; stays the caller's
   * @param batch that of the mailbox
   */
  constructor(database: DatabaseSync, batch: Batch) {
    this.#statements = prepareAll(database, sql);
    this.#batch = batch;
  }

  /**
   * Leaves a question for who holds the connection.
   *
   * @param query what is asked
   * @returns its number
   */
  leave(query: Query): number {
    return this.#batch.write(() => {
      const id = Number(this.#statements.insert.run(JSON.stringify(query)).lastInsertRowid);
      this.#statements.trim.run(id - keptMax);
      return id;
    });
  }

  /**
   * Reads questions without an answer.
   *
   * @param id the last one known
   * @returns those after it, in order, owned by the caller
   */
  openAfter(id: number): LeftQuestion[] {
    return (this.#statements.open.all(id) as { id: number; question: string }[])
      .map(({ id, question }) => ({ id, query: JSON.parse(question) }));
  }

  /**
   * Leaves an answer for who asked.
   *
   * @param id the question's number
   * @param answer as an event tells it
   */
  answer(id: number, answer: Answer): void {
    this.#batch.write(() => this.#statements.answer.run(JSON.stringify(answer), id));
  }

  /**
   * Takes the answer, and the question out of the mailbox.
   *
   * @param id the question's number
   * @returns the answer; null while there is none
   */
  take(id: number): Answer | null {
    const found = this.#statements.answered.get(id) as { answer: string } | undefined;
    if (!found) return null;
    this.drop(id);
    return JSON.parse(found.answer);
  }

  /**
   * Takes a question out of the mailbox that nobody waits for any more.
   *
   * @param id its number
   */
  drop(id: number): void {
    this.#batch.write(() => this.#statements.drop.run(id));
  }
}
