/**
 * Search behind its Worker, as the rest of the server knows it.
 *
 * @module
 */

import type { LogSearcher, SearchPage, SearchRequest } from "../log/search.ts";
import { WorkerCaller } from "./worker_call.ts";

/**
 * Finds messages, from a Worker that may touch nothing but the data folder.
 *
 * @example
 * ```ts ignore
 * const searcher = new WorkerSearcher("data");
 * await searcher.open("data/parley.db", "data/words.db", 256 * 1024 * 1024);
 * searcher.close();
 * ```
 * @see docs/adr/0017-search.md
 */
export class WorkerSearcher implements LogSearcher {
  readonly #caller: WorkerCaller;
  readonly #folder: string;

  /**
   * Starts the Worker, which stops the loop for some 40 ms: best when nobody waits.
   *
   * @param folder the data folder
   */
  constructor(folder: string) {
    this.#folder = folder;
    const url = new URL("./words_worker.ts", import.meta.url);
    const permissions = { read: [folder], write: [folder], sys: ["statfs"] };
    const options = { type: "module", deno: { permissions } } as WorkerOptions;
    this.#caller = new WorkerCaller(new Worker(url, options));
  }

  /**
   * Opens the index of a store; from then on it is kept up with the log.
   *
   * @param path the log's database, which is there and of the newest schema
   * @param wordsPath the index's own; made if it is missing
   * @param reserveBytes bytes that are left free for the log; the index leaves twice as much
   * @throws {WorkerError} when one of them can't be opened
   */
  open(path: string, wordsPath: string, reserveBytes: number): Promise<void> {
    return this.#caller.call("open", path, wordsPath, this.#folder, reserveBytes);
  }

  /**
   * Looks for messages; see `LogSearcher`.
   *
   * @param request who asks, for what, how much
   * @returns the page, owned by the caller: its bytes have moved here
   * @throws {DamagedEntry} when an entry of it does not fit the digest chain
   * @throws {WorkerError} when the log or the index can't be read
   */
  search(request: SearchRequest): Promise<SearchPage> {
    return this.#caller.call("search", request);
  }

  /** Ends the Worker; questions that are still open fail. */
  close(): void {
    this.#caller.terminate();
  }
}
