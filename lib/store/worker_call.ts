/**
 * Calls into a Worker and answers out of it: what a method is asked goes over, what it returns or
 * throws comes back.
 *
 * @module
 */

import { DamagedEntry } from "../log/damage.ts";

interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
  /** Where `error` says what is wrong with one entry: which. */
  readonly damaged?: number;
}

/** Something in a Worker failed; the message is the Worker's own. */
export class WorkerError extends Error {
  /** The class's name, which stands before the message wherever the error is printed. */
  override name = "WorkerError";
}

/** What a Worker offers, by name. */
export type Methods = Readonly<Record<string, (...args: never[]) => unknown>>;

/** The Worker's own side of the channel. */
export interface WorkerScope {
  /** Is called with each call that comes; set by `serveCalls`. */
  onmessage: ((event: MessageEvent) => void) | null;
  /**
   * Sends an answer.
   *
   * @param message what the other side gets; copied, but for what is in `transfer`
   * @param transfer buffers that move over and are empty here afterwards
   */
  postMessage(message: unknown, transfer: Transferable[]): void;
}

/** A value whose buffers move to the other side and are not copied. */
export interface Moved<T> {
  /** What goes over. */
  readonly value: T;
  /** Buffers within `value` that move and are empty on this side afterwards; others are copied. */
  readonly buffers: ArrayBuffer[];
}

/**
 * Answers calls inside a Worker, one at a time, in the order in which they come.
 *
 * @param scope the Worker's global scope
 * @param methods what can be called; each returns a `Moved`
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { serveCalls } from "./worker_call.ts";
 * const answers: unknown[] = [];
 * const scope = { onmessage: null, postMessage: (answer: unknown) => answers.push(answer) };
 * serveCalls(scope, { twice: (x: number) => ({ value: 2 * x, buffers: [] }) });
 * const call = { data: { id: 1, method: "twice", args: [4] } };
 * (scope.onmessage as unknown as (event: unknown) => void)(call);
 * assertEquals(answers, [{ id: 1, value: 8 }]);
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export function serveCalls(scope: WorkerScope, methods: Methods): void {
  scope.onmessage = ({ data }) => {
    const { id, method, args } = data as Call;
    try {
      const { value, buffers } = methods[method]!(...args as never[]) as Moved<unknown>;
      scope.postMessage({ id, value }, buffers);
    } catch (error) {
      scope.postMessage({ id, ...failure(method, error as Error) }, []);
    }
  };
}

function failure(method: string, error: Error): Omit<Answer, "id"> {
  if (error instanceof DamagedEntry) return { error: error.reason, damaged: error.lsn };
  return { error: `${method}: ${error.message}` };
}

/**
 * The calling side.
 *
 * @example
 * ```ts ignore
 * const caller = new WorkerCaller(new Worker(url, { type: "module" }));
 * await caller.call("open", "data/parley.db");
 * ```
 * @see docs/ARCHITECTURE.md, section "store"
 */
export class WorkerCaller {
  readonly #worker: Worker;
  readonly #open = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;
  #gone: string | null = null;

  /**
   * Takes a Worker over.
   *
   * @param worker a Worker that runs `serveCalls`; owned by this object from now on
   */
  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }) => this.#answered(data as Answer);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#failAll(event.message);
    };
  }

  /**
   * Calls a method of the Worker.
   *
   * @param method its name
   * @param args what it is given; copied
   * @returns what it returned
   * @throws {DamagedEntry} when it threw that
   * @throws {WorkerError} when it threw anything else, or the Worker is gone
   */
  call<T>(method: string, ...args: unknown[]): Promise<T> {
    if (this.#gone !== null) return Promise.reject(new WorkerError(this.#gone));
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#open.set(id, answer);
    this.#worker.postMessage({ id, method, args } satisfies Call);
    return answer.promise as Promise<T>;
  }

  /** Ends the Worker; what was not answered fails. */
  terminate(): void {
    this.#worker.terminate();
    this.#failAll("ended");
  }

  #answered({ id, value, error, damaged }: Answer): void {
    const answer = this.#open.get(id);
    this.#open.delete(id);
    if (error === undefined) answer?.resolve(value);
    else if (damaged !== undefined) answer?.reject(new DamagedEntry(damaged, error));
    else answer?.reject(new WorkerError(error));
  }

  #failAll(message: string): void {
    this.#gone = message;
    for (const answer of this.#open.values()) answer.reject(new WorkerError(message));
    this.#open.clear();
  }
}
