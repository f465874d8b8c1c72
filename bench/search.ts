/**
 * What it takes to look through a large mailbox.
 *
 * Run: deno run -A bench/search.ts [messages]
 *
 * @module
 */

import { Mailbox } from "../lib/client/mailbox.ts";
import { MailboxStore, openMemoryMailbox } from "../lib/client/mailbox_store.ts";
import { findHeld } from "../lib/client/search.ts";
import { parseQuery } from "../lib/client/search_query.ts";
import { encodeEntry } from "../lib/log/entry.ts";
import { decodeEntry } from "../lib/log/entry.ts";

const count = Number(Deno.args[0] ?? 100_000);
const common = "the build of this branch is done and all tests have passed so we can look at";

const memory = openMemoryMailbox();
const store = new MailboxStore(memory);
const id = new Uint8Array(16);
for (let lsn = 1; lsn <= count; lsn++) {
  const text = `${common} ${lsn} ${lsn % 3 === 0 ? "日本語のテキスト" : "café"}`;
  const bytes = encodeEntry(
    {
      ...{ lsn, prev: lsn - 1, timeMs: lsn, audience: [0, 1], user: 2 },
      ...{ device: 2, epoch: id, n: lsn, id },
    },
    { kind: "message", text, act: false },
  );
  store.addEntry(decodeEntry(bytes), bytes, true);
}
store.batch.commit();
const mailbox = new Mailbox(store);

for (const typed of ["nowhere", '"passed build"', "no* from:nobody", "本日", "build"]) {
  const { query } = parseQuery(typed, 0);
  const start = performance.now();
  const { shown } = findHeld(
    store.pages.backwards(),
    (entry) => mailbox.shown({ entry, row: null }),
    query!,
    20,
  );
  const ms = performance.now() - start;
  console.log(`${typed}: ${shown.length} of ${count} in ${ms.toFixed(0)} ms`);
}
memory.close();
