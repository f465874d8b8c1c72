/**
 * Codes as a client of alice on chat.example makes them.
 *
 * @module
 */

import { Codes } from "../../lib/client/codes.ts";
import { SeededRandom } from "./random.ts";

/** @returns none made yet */
export function madeCodes(): Codes {
  return new Codes({
    address: { hostname: "chat.example", port: 7667 },
    name: "alice",
    fingerprint: () => "0123456789abcdef".repeat(4),
    random: new SeededRandom(7),
  });
}
