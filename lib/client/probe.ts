/**
 * A look at a server: which key it proves. It is told nothing but a nonce.
 *
 * @module
 */

import { keyFromSeed, seedBytes } from "../identity/keys.ts";
import type { ClearText } from "../net/clear.ts";
import { type Address, formatAddress } from "../net/tcp.ts";
import { safe, type SafeText } from "../safe_text.ts";
import { systemRandom } from "../seams.ts";
import { openMemoryMailbox } from "./mailbox_store.ts";
import { makeLine, onSignals } from "./start.ts";

/**
 * Has a server prove its key.
 *
 * @param address the server's
 * @param clear whether to speak clear text
 * @returns the key's fingerprint; or why there is none; or the exit code where a signal ended it
 * @example
 * ```ts ignore
 * const { fingerprint } = await probe({ hostname: "chat.example", port: 7667 }, "no");
 * ```
 * @see docs/PROTOCOL.md, section "Handshake"
 */
export async function probe(
  address: Address,
  clear: ClearText,
): Promise<{ readonly fingerprint: string } | SafeText | number> {
  const finished = Promise.withResolvers<{ readonly fingerprint: string } | SafeText | number>();
  const mailbox = openMemoryMailbox();
  const party = { server: formatAddress(address), name: "nobody", folder: "" };
  const key = await keyFromSeed(systemRandom.bytes(seedBytes));
  const pin = {
    held: null,
    // What can't be held ends the conversation before anything is said about who one is.
    hold: (fingerprint: string) => {
      finished.resolve({ fingerprint });
      throw new Error("only a look");
    },
  };
  const folder = { key, pin, mailbox, lock: { tryHold: () => true } };
  const line = makeLine({ party, address, folder, clear, invite: null }, null, (event) => {
    if (event.kind === "lost") finished.resolve(safe`${event.why}. Is the address right?`);
    if (event.kind === "ended") finished.resolve(event.ending.why);
  });
  onSignals(finished.resolve);
  line.start();
  const result = await finished.promise;
  await line.stop();
  mailbox.close();
  return result;
}
