/**
 * The programs under TLS, as they are started by default, and those who stand between them.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Socket } from "../../lib/net/link.ts";
import { TlsDialer } from "../../lib/net/tls_dial.ts";
import { systemClock } from "../../lib/seams.ts";
import { startClientProcess } from "../support/client_process.ts";
import { connection, withFolder } from "../support/e2e.ts";
import { permittedTest } from "../support/permitted.ts";
import {
  openArgs,
  programCommand,
  type ServerProcess,
  startServerProcess,
  type Transport,
} from "../support/server_process.ts";
import { freshCertificate, pump, relay, serveTls } from "../support/tls.ts";

const all = ["net", "read", "write", "run", "env"] as const;

/** Registers a test with a server under TLS and a folder of its own. */
function test(name: string, run: (server: ServerProcess, folder: string) => Promise<void>): void {
  permittedTest(`e2e: TLS: ${name}`, all, () =>
    withFolder(async (folder) => {
      await using server = await startServerProcess(`${folder}/server`, 0, [], openArgs, "tls");
      await run(server, folder);
    }));
}

/** Sends one message and gives what the program said. */
async function send(args: string[], text: string, transport: Transport = "tls") {
  const line = [...args, "send", "--timeout", "20s", "lobby", text];
  const client = startClientProcess(line, [], transport);
  return { code: await client.finish(), text: client.lines.join("\n") };
}

test("two people talk, and what they say can't be read on the way", async (server, folder) => {
  const seen: string[] = [];
  using between = relay(() => server.port, (bytes) => {
    seen.push(new TextDecoder("latin1").decode(bytes));
  });
  const bob = startClientProcess(
    [...connection(between.port, "bob", folder), "tail"],
    [],
    "tls",
  );
  await bob.shows("connected to");
  const alice = startClientProcess(connection(between.port, "alice", folder), [], "tls");
  await alice.shows("connected to");
  await alice.say("a secret of ours");
  await bob.shows("alice: a secret of ours");
  assertEquals(await alice.finish(), 0);
  bob.kill("SIGTERM");
  await bob.ended();
  assert(seen.length > 0);
  for (const word of ["secret", "alice", "lobby"]) {
    assert(!seen.join("").includes(word), `${word} was to be read`);
  }
});

test(
  "a server that comes back with another certificate is the same one",
  async (server, folder) => {
    const { data, port } = server;
    const alice = startClientProcess(connection(port, "alice", folder), [], "tls");
    await alice.shows("connected to");
    const before = await Deno.readTextFile(`${data}/tls.pem`);
    server.kill("SIGTERM");
    await server.ended();
    await alice.shows("no connection");
    await Deno.remove(`${data}/tls.pem`);
    await using _again = await startServerProcess(data, port, [], openArgs, "tls");
    assert(await Deno.readTextFile(`${data}/tls.pem`) !== before);
    await alice.shows("connected again");
    await alice.say("here we are again");
    await alice.shows("alice: here we are again");
    assertEquals(await alice.finish(), 0);
  },
);

/** Somebody with a certificate of their own who passes on what both sides say, and can read it. */
async function eavesdropper(port: number) {
  const dialer = new TlsDialer({ hostname: "127.0.0.1", port }, systemClock);
  return await serveTls((socket: Socket) => {
    void dialer.dial(AbortSignal.timeout(10_000)).then((other) => {
      void pump(socket, other);
      void pump(other, socket);
    });
  });
}

test("who passes on what both say is found out, at first contact and later", async (
  server,
  folder,
) => {
  await using between = await eavesdropper(server.port);
  let port = between.listening.address.port;
  using way = relay(() => port);
  const args = connection(way.port, "alice", folder);
  const first = await send(args, "at first");
  assertEquals(first.code, 3);
  assertStringIncludes(first.text, "did not prove its identity key");
  port = server.port;
  assertEquals((await send(args, "without anybody between")).code, 0);
  port = between.listening.address.port;
  const later = await send(args, "later");
  assertEquals(later.code, 3);
  assertStringIncludes(later.text, "did not prove its identity key");
});

test("a server with another identity is not talked to", async (server, folder) => {
  await using other = await startServerProcess(`${folder}/other`, 0, [], openArgs, "tls");
  let port = server.port;
  using way = relay(() => port);
  const args = connection(way.port, "alice", folder);
  assertEquals((await send(args, "hello")).code, 0);
  port = other.port;
  const { code, text } = await send(args, "who are you?");
  assertEquals(code, 3);
  assertStringIncludes(text, "has another identity key than before; nothing was sent to it");
  for (const { fingerprint } of [server, other]) assertStringIncludes(text, fingerprint);
  assertStringIncludes(text, "server.fingerprint and start again");
});

test("clear text and TLS that meet are told apart, with what to do", async (server, folder) => {
  const clear = await send(connection(server.port, "alice", folder), "hello", "clear");
  assertEquals(clear.code, 3);
  assertStringIncludes(clear.text, "speaks TLS, and this program was told to speak clear text");
  await using open = await startServerProcess(`${folder}/open`);
  const tls = await send(connection(open.port, "alice", folder), "hello");
  assertEquals(tls.code, 3);
  assertStringIncludes(tls.text, "speaks clear text, which everybody on the way can read");
});

test("an authority that this machine trusts is nobody between the two", async (server, folder) => {
  const trusted = await freshCertificate();
  await Deno.writeTextFile(`${folder}/trusted.pem`, trusted.certificate);
  const reached: Socket[] = [];
  await using between = await serveTls((socket) => void reached.push(socket), undefined, trusted);
  const { port } = between.listening.address;
  // The connections that read the certificate are let through.
  using way = relay((count) => count % 2 === 1 ? server.port : port);
  const [command, ...before] = programCommand("client", "tls");
  const line = [...connection(way.port, "al", folder), "send", "--timeout", "1s", "lobby", "hi"];
  const output = await new Deno.Command(command!, {
    args: [...before, ...line],
    env: { DENO_TLS_CA_STORE: "system", SSL_CERT_FILE: `${folder}/trusted.pem` },
    stdin: "null",
  }).output();
  assertEquals(output.code, 3);
  await between.until(() => reached.length + between.unshaken.length > 0);
  for (const socket of reached) {
    const said = await socket.read(new Uint8Array(1024)).catch(() => null);
    assertEquals(said, null, "nothing was said to it");
  }
});

permittedTest(
  "e2e: a start stops at a tls.pem with another certificate's key, and says so",
  all,
  () =>
    withFolder(async (folder) => {
      const [one, other] = [await freshCertificate(), await freshCertificate()];
      await Deno.mkdir(`${folder}/data`, { mode: 0o700 });
      await Deno.writeTextFile(`${folder}/data/tls.pem`, one.key + other.certificate);
      const [command, ...args] = programCommand("server", "tls");
      const { code, stderr } = await new Deno.Command(command!, {
        args: [...args, "--listen", "127.0.0.1:0", "--data", `${folder}/data`],
        stdin: "null",
        stdout: "null",
      }).output();
      const said = new TextDecoder().decode(stderr);
      assertEquals(code, 1, said);
      assert(said.includes("tls.pem has a certificate and the key of another one"), said);
      assert(
        !said.includes("--listen") && !said.includes("--data"),
        "no advice that does not help",
      );
    }),
);
