import { assert, assertEquals } from "@std/assert";
import { listenForClients } from "../../lib/server/listening.ts";
import { StrangerJournal } from "../../lib/server/stranger_journal.ts";
import { permittedTest } from "../support/permitted.ts";

const patience = () => AbortSignal.timeout(20_000);

permittedTest(
  "listenForClients() writes few lines about many who don't shake hands",
  ["net", "read", "write"],
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "parley-listening-" });
    const count = 60;
    const told: string[] = [];
    const all = Promise.withResolvers<void>();
    let strangers = 0;
    const journal = new StrangerJournal((event, fields) =>
      told.push(event === "strangers" ? `${event} ${fields?.more}` : event)
    );
    const counting = {
      stranger: (...noted: Parameters<StrangerJournal["stranger"]>) => {
        journal.stranger(...noted);
        if (++strangers === count) all.resolve();
      },
    } as StrangerJournal;
    const listening = await listenForClients({
      listen: { hostname: "127.0.0.1", port: 0 },
      certificatePath: `${folder}/tls.pem`,
      journal: (event) => told.push(event),
      strangers: counting,
    }, () => assert(false, "nobody shook hands"));
    const late = () => all.reject(new Error(`told ${told.length}, counted ${strangers}`));
    patience().addEventListener("abort", late, { once: true });
    for (let at = 0; at < count; at++) {
      const socket = await Deno.connect(listening.address as Deno.ConnectOptions);
      await socket.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
      socket.close();
    }
    await all.promise;
    journal.tick();
    assertEquals(told.length, 21);
    assertEquals(told.at(-1), `strangers ${count - 20}`);
    listening.close();
    await Deno.remove(folder, { recursive: true });
  },
);
