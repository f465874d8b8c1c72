import { assertEquals, assertRejects } from "@std/assert";
import { alpnName, certificateName } from "../../lib/identity/certificate.ts";
import { limits } from "../../lib/limits.ts";
import type { HandshakeBounds } from "../../lib/net/handshakes.ts";
import type { Socket } from "../../lib/net/link.ts";
import { ClearServerError, TlsDialer, TlsError } from "../../lib/net/tls_dial.ts";
import { systemClock } from "../../lib/seams.ts";
import { ManualTimers } from "../support/fake_socket.ts";
import { permittedTest } from "../support/permitted.ts";
import { ManualClock } from "../support/random.ts";
import { echo, freshCertificate, relay, serveTls, type TlsServer } from "../support/tls.ts";

const patience = () => AbortSignal.timeout(10_000);
const dialer = (port: number, clock = systemClock) =>
  new TlsDialer({ hostname: "127.0.0.1", port }, clock);

/** Sends bytes and waits until they are back. */
async function answers(socket: Socket, bytes = new Uint8Array([1, 2, 3])): Promise<void> {
  await socket.write(bytes);
  const back = new Uint8Array(bytes.length);
  for (let at = 0; at < back.length;) at += await socket.read(back.subarray(at)) ?? NaN;
  assertEquals(back, bytes);
}

function closeQuietly(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // Closed already.
  }
}

function test(name: string, run: (server: TlsServer) => Promise<void>): void {
  permittedTest(`TLS: ${name}`, ["net"], async () => {
    await using server = await serveTls(echo);
    await run(server);
  });
}

test("what is said arrives whole, and both ends name the same certificate", async (server) => {
  const socket = await dialer(server.listening.address.port).dial(patience());
  await answers(socket, crypto.getRandomValues(new Uint8Array(60_000)));
  assertEquals(socket.channel, server.certificate.hash);
  assertEquals(server.accepted[0]!.channel, server.certificate.hash);
  await socket.closeWrite();
  assertEquals(await socket.read(new Uint8Array(1)), null, "an end goes both ways");
  socket.close();
  assertEquals(server.unshaken, [], "reading the certificate is no fault");
});

test("a certificate that is known is not read again", async ({ listening }) => {
  let connections = 0;
  using counting = relay((count) => {
    connections = count;
    return listening.address.port;
  });
  const dialing = dialer(counting.port);
  for (const expected of [2, 3, 4]) {
    (await dialing.dial(patience())).close();
    assertEquals(connections, expected);
  }
});

test("another certificate: old connections stay, new ones have it", async (server) => {
  const { listening } = server;
  const dialing = dialer(listening.address.port);
  const before = await dialing.dial(patience());
  const next = await freshCertificate();
  await listening.replace(next);
  const after = await dialing.dial(patience());
  assertEquals([before.channel, after.channel], [server.certificate.hash, next.hash]);
  for (const socket of [before, after]) {
    await answers(socket);
    socket.close();
  }
});

test("a certificate that is another one each time is not believed", async (server) => {
  await using other = await serveTls(echo);
  const ports = [server.listening.address.port, other.listening.address.port];
  using between = relay((count) => ports[count % 2]!);
  await assertRejects(() => dialer(between.port).dial(patience()), TlsError);
  assertEquals([server.accepted, other.accepted], [[], []]);
});

test("a wrong clock is named", async ({ listening }) => {
  const dialing = dialer(listening.address.port, new ManualClock(0));
  await assertRejects(() => dialing.dial(patience()), TlsError, "this machine's clock says 1970");
});

permittedTest("TLS: who never shakes hands is given up, and holds nobody up", ["net"], async () => {
  const timers = new ManualTimers();
  await using server = await serveTls(echo, timers);
  const { port } = server.listening.address;
  const silent = await Deno.connect({ hostname: "127.0.0.1", port });
  const socket = await dialer(port).dial(patience());
  await answers(socket);
  socket.close();
  assertEquals(timers.waits, [limits.tlsHandshakeMs], "only the silent one is waited for");
  timers.run();
  await server.until(() => server.unshaken.length === 1);
  silent.close();
});

/** A server that lets few shake hands, and connections to it that say nothing. */
function crowdTest(
  name: string,
  bounds: HandshakeBounds,
  run: (
    server: TlsServer,
    come: () => Promise<Deno.TcpConn>,
    timers: ManualTimers,
  ) => Promise<void>,
): void {
  permittedTest(`TLS: ${name}`, ["net"], async () => {
    const timers = new ManualTimers();
    await using server = await serveTls(echo, timers, undefined, bounds);
    const { port } = server.listening.address;
    const all: Deno.TcpConn[] = [];
    const come = async () => {
      const socket = await Deno.connect({ hostname: "127.0.0.1", port });
      all.push(socket);
      return socket;
    };
    await run(server, come, timers);
    for (const socket of all) closeQuietly(socket);
  });
}

const few = { tlsHandshakesMax: 4, tlsUnshakenMax: 100 };

crowdTest(
  "of too many handshakes one is given up, late as it may be",
  few,
  async (server, come) => {
    const silent: Deno.TcpConn[] = [];
    for (let at = 0; at < 5; at++) silent.push(await come());
    await server.until(() => server.unshaken.length === 1);
    const caCerts = [server.certificate.certificate];
    const agreed = { hostname: certificateName, alpnProtocols: [alpnName], caCerts };
    // The last one shakes hands with all: one is too late, and four are let in.
    const all = await Promise.all(silent.map((socket) => Deno.startTls(socket, agreed)));
    const ends = await Promise.all(all.map(async (socket) => {
      const isIn = await answers(socket).then(() => true, () => false);
      socket.close();
      return isIn;
    }));
    assertEquals(ends.filter((isIn) => isIn).length, 4);
    assertEquals([server.accepted.length, server.unshaken.length], [4, 1]);
  },
);

crowdTest(
  "who was given up counts until its socket is gone, and too many stop all others",
  { tlsHandshakesMax: 2, tlsUnshakenMax: 4 },
  async (server, come, timers) => {
    const silent: Deno.TcpConn[] = [];
    for (let at = 0; at < 4; at++) silent.push(await come());
    await server.until(() => server.unshaken.length === 2);
    // Two more wait to be accepted, and one of them will have a turn.
    const dialing = dialer(server.listening.address.port).dial(patience());
    timers.run();
    await server.until(() => server.unshaken.length === 4);
    assertEquals(server.accepted.length, 0);
    assertEquals(timers.waits.length, 0, "nobody was accepted meanwhile");
    for (const socket of silent) socket.close();
    const socket = await dialing;
    await answers(socket);
    socket.close();
    assertEquals(server.unshaken.length, 4, "each was told once");
  },
);

crowdTest(
  "another certificate is had, and the server closed, while nobody is accepted",
  { tlsHandshakesMax: 2, tlsUnshakenMax: 1 },
  async (server, come, timers) => {
    await come();
    await come();
    await server.until(() => timers.waits.length === 1);
    await server.listening.replace(await freshCertificate());
  },
);

permittedTest("TLS: who comes next is accepted when others had their turn", ["net"], async () => {
  const turns: (() => void)[] = [];
  const turn = () => new Promise<void>((resolve) => turns.push(resolve));
  const timers = new ManualTimers();
  await using server = await serveTls(echo, timers, undefined, limits, turn);
  const { port } = server.listening.address;
  const first = await Deno.connect({ hostname: "127.0.0.1", port });
  const other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  // Whatever waits for the server could come to it meanwhile.
  const elsewhere = async () => {
    const accepted = other.accept();
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: other.addr.port });
    for (const one of [socket, await accepted]) one.close();
  };
  while (timers.waits.length === 0) await elsewhere();
  const dialing = dialer(port).dial(patience());
  for (let at = 0; at < 20; at++) await elsewhere();
  other.close();
  assertEquals([turns.length, timers.waits.length], [1, 1], "nobody was accepted");
  const pumping = setInterval(() => turns.shift()?.(), 1);
  const socket = await dialing;
  await answers(socket);
  for (const one of [first, socket]) one.close();
  clearInterval(pumping);
});

test("who names no protocol, or another, is not let in", async (server) => {
  const { port } = server.listening.address;
  const caCerts = [server.certificate.certificate];
  for (const alpnProtocols of [undefined, ["h2"]]) {
    const tcp = await Deno.connect({ hostname: "127.0.0.1", port });
    const tls = await Deno.startTls(tcp, { hostname: certificateName, caCerts, alpnProtocols });
    const count = await tls.read(new Uint8Array(1)).catch(() => null);
    assertEquals(count, null);
    tls.close();
  }
  assertEquals(server.accepted, []);
});

test("the runtime's own client may connect, with no code of this one", async (server) => {
  const { port } = server.listening.address;
  const tcp = await Deno.connect({ hostname: "127.0.0.1", port });
  const caCerts = [server.certificate.certificate];
  const agreed = { hostname: certificateName, alpnProtocols: [alpnName], caCerts };
  const tls = await Deno.startTls(tcp, agreed);
  await answers(tls);
  tls.close();
});

permittedTest("TLS: a server that speaks clear text is told from one that is none", [
  "net",
], async () => {
  const said = (bytes: number[]) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const all = (async () => {
      for await (const socket of listener) {
        await socket.read(new Uint8Array(1024));
        await socket.write(new Uint8Array(bytes)).catch(() => {});
        socket.close();
      }
    })();
    return { port: listener.addr.port, end: () => (listener.close(), all) };
  };
  const clear = said([0, 0, 0, 4, 131, 2, 1, 96]);
  const other = said([72, 84, 84, 80]);
  await assertRejects(() => dialer(clear.port).dial(patience()), ClearServerError);
  await assertRejects(() => dialer(other.port).dial(patience()), TlsError);
  for (const server of [clear, other]) await server.end();
  await assertRejects(() => dialer(clear.port).dial(patience()), Deno.errors.ConnectionRefused);
});

test("a server that never answers is given up", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const silent = listener.accept();
  const given = new AbortController();
  const dialing = dialer(listener.addr.port).dial(given.signal);
  const socket = await silent;
  given.abort(new DOMException("", "TimeoutError"));
  const error = await assertRejects(() => dialing, DOMException);
  assertEquals(error.name, "TimeoutError");
  while (await socket.read(new Uint8Array(1024)).catch(() => null) !== null);
  socket.close();
  listener.close();
});
