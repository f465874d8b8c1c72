/**
 * Search behind its Worker, as the rest of the server knows it.
 *
 * @module
 */

import type { LogSearcher, SearchPage, SearchRequest } from "../log/search.ts";
import { databaseFiles } from "../sqlite/database.ts";
import { WorkerCaller } from "./worker_call.ts";

interface Answered {
  readonly page: SearchPage;
  /** What was wrong with the index since the last answer. */
  readonly failure: string | null;
}

/**
 * Finds messages, from a Worker that may read the data folder, and write nothing but its index.
 *
 * @example
 * ```ts ignore
 * const searcher = new WorkerSearcher("data", "data/words.db", (reason) => console.error(reason));
 * await searcher.open("data/parley.db", 256 * 1024 * 1024);
 * searcher.close();
 * ```
 * @see docs/adr/0017-search.md
 */
export class WorkerSearcher implements LogSearcher {
  readonly #caller: WorkerCaller;
  readonly #folder: string;
  readonly #wordsPath: string;
  readonly #failed: (reason: string) => void;

  /**
   * Starts the Worker, which stops the loop for some 40 ms: best when nobody waits.
   *
   * @param folder the data folder
   * @param wordsPath the index's own database in it
   * @param failed is told what was wrong with the index, which mends by itself
   */
  constructor(folder: string, wordsPath: string, failed: (reason: string) => void) {
    this.#folder = folder;
    this.#wordsPath = wordsPath;
    this.#failed = failed;
    const url = new URL("./words_worker.ts", import.meta.url);
    const permissions = { read: [folder], write: databaseFiles(wordsPath), sys: ["statfs"] };
    const options = { type: "module", deno: { permissions } } as WorkerOptions;
    this.#caller = new WorkerCaller(new Worker(url, options));
  }

  /**
   * Opens the index of a store, made if it is missing; from then on it is kept up with the log.
   *
   * @param path the log's database, which is there and of the newest schema
   * @param reserveBytes bytes that are left free for the log; the index leaves twice as much
   * @throws {WorkerError} when the log can't be opened
   */
  open(path: string, reserveBytes: number): Promise<void> {
    return this.#caller.call("open", path, this.#wordsPath, this.#folder, reserveBytes);
  }

  /**
   * Looks for messages; see `LogSearcher`.
   *
   * @param request who asks, for what, how much
   * @returns the page, owned by the caller: its bytes have moved here
   * @throws {DamagedEntry} when an entry of it does not fit the digest chain
   * @throws {WorkerError} when the log can't be read
   */
  async search(request: SearchRequest): Promise<SearchPage> {
    const { page, failure } = await this.#caller.call<Answered>("search", request);
    if (failure !== null) this.#failed(failure);
    return page;
  }

  /** Ends the Worker; questions that are still open fail. */
  close(): void {
    this.#caller.terminate();
  }
}
