/**
 * Opens a database in a Worker: to wait for another program's lock stops whoever waits.
 */

import { openDatabase } from "../../lib/sqlite/database.ts";

const scope = globalThis as unknown as Worker;

scope.onmessage = ({ data: path }: MessageEvent<string>) => {
  scope.postMessage("opening");
  try {
    openDatabase(path).close();
    scope.postMessage("opened");
  } catch (error) {
    scope.postMessage((error as Error).message);
  }
};
