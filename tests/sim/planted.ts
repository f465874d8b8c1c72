/**
 * Where a fault can be planted from outside the product's code: the ports of a world.
 *
 * @module
 */

import type { Settling } from "./client.ts";
import type { LogPort } from "./server.ts";

/** What stands in a world's ports. */
export interface Planted {
  /** In front of the log. */
  readonly logPort: LogPort;
  /** When a client acknowledges. */
  readonly settling: Settling;
}

/** A world without a fault. */
export const nothingPlanted: Planted = { logPort: (log) => log, settling: "after commit" };
