import { assertEquals, assertRejects } from "@std/assert";
import { TlsDialer } from "../../lib/net/tls_dial.ts";
import { dial } from "../../lib/net/tcp.ts";
import { type Clock, systemClock } from "../../lib/seams.ts";
import { permittedTest } from "../support/permitted.ts";
import { ManualClock } from "../support/random.ts";
import { echo, freshCertificate, pump, serveTls } from "../support/tls.ts";

const patienceMs = 10_000;

/** A signal that knows who listens to it. */
class CountedSignal {
  readonly #controller = new AbortController();
  #listeners = 0;

  get signal(): AbortSignal {
    const { signal } = this.#controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    return Object.assign(signal, {
      addEventListener: (...args: Parameters<typeof add>) => {
        this.#listeners++;
        add(...args);
      },
      removeEventListener: (...args: Parameters<typeof remove>) => {
        this.#listeners--;
        remove(...args);
      },
    });
  }

  get listeners(): number {
    return this.#listeners;
  }

  abort(): void {
    this.#controller.abort(new DOMException("", "TimeoutError"));
  }
}

/** Passes connections on, and knows which of them the client has ended. */
function passing(portOf: (connection: number) => number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const ends: Promise<void>[] = [];
  void (async () => {
    for await (const socket of listener) {
      const other = await Deno.connect({ hostname: "127.0.0.1", port: portOf(ends.length + 1) });
      void pump(other, socket);
      ends.push(pump(socket, other));
    }
  })().catch(() => {});
  return {
    port: listener.addr.port,
    count: () => ends.length,
    /** Waits until nothing is open any more that came. */
    async ended() {
      let timer: ReturnType<typeof setTimeout>;
      const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error("a connection was left open")), patienceMs);
      });
      await Promise.race([Promise.all(ends), late]).finally(() => clearTimeout(timer));
    },
    [Symbol.dispose]: () => listener.close(),
  };
}

interface Far {
  readonly ports: readonly number[];
  end(): void;
}

function raw(answer: string | null, certificate?: { certificate: string; key: string }): Far {
  const address = { hostname: "127.0.0.1", port: 0 };
  const listener: Deno.Listener<Deno.Conn> = certificate
    ? Deno.listenTls({ ...address, cert: certificate.certificate, key: certificate.key })
    : Deno.listen(address);
  void (async () => {
    for await (const socket of listener) {
      if (answer !== null) await socket.write(new TextEncoder().encode(answer)).catch(() => {});
      void pump(
        socket,
        { ...socket, write: (bytes) => Promise.resolve(bytes.length) } as Deno.Conn,
      );
    }
  })().catch(() => {});
  return { ports: [(listener.addr as Deno.NetAddr).port], end: () => listener.close() };
}

async function parley(count: number): Promise<Far> {
  const all = await Promise.all(Array.from({ length: count }, () => serveTls(echo)));
  return {
    ports: all.map(({ listening }) => listening.address.port),
    end: () => all.forEach((one) => void one[Symbol.asyncDispose]()),
  };
}

const cases: [string, () => Promise<Far> | Far, number, string, Clock?][] = [
  ["the certificate changes", () => parley(2), 2, "certificate"],
  ["a clock is wrong", () => parley(1), 1, "one of the two clocks", new ManualClock(0)],
  ["it is no Parley", async () => raw(null, await freshCertificate()), 2, "no Parley server"],
  ["it is no TLS", () => raw("HTTP/1.1 400 no\r\n\r\n"), 2, ""],
];

for (const [name, start, connections, reason, clock = systemClock] of cases) {
  permittedTest(`TlsDialer.dial() leaves nothing behind where ${name}`, ["net"], async () => {
    const far = await start();
    using between = passing((count) => far.ports[(count - 1) % far.ports.length]!);
    const signal = new CountedSignal();
    const dialer = new TlsDialer({ hostname: "127.0.0.1", port: between.port }, clock);
    await assertRejects(() => dialer.dial(signal.signal), Error, reason);
    await between.ended();
    assertEquals([between.count(), signal.listeners], [connections, 0]);
    far.end();
  });
}

permittedTest("TlsDialer.dial() leaves no listener behind where it succeeds", ["net"], async () => {
  const far = await parley(1);
  using between = passing(() => far.ports[0]!);
  const signal = new CountedSignal();
  const dialer = new TlsDialer({ hostname: "127.0.0.1", port: between.port }, systemClock);
  const socket = await dialer.dial(signal.signal);
  assertEquals([between.count(), signal.listeners], [2, 0]);
  signal.abort();
  await socket.write(new Uint8Array([7]));
  const back = new Uint8Array(1);
  assertEquals([await socket.read(back), back[0]], [1, 7], "it is the caller's now");
  socket.close();
  await between.ended();
  far.end();
});

permittedTest("TlsDialer.dial() leaves nothing behind where it is given up", ["net"], async () => {
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using between = passing(() => silent.addr.port);
  const signal = new CountedSignal();
  const dialer = new TlsDialer({ hostname: "127.0.0.1", port: between.port }, systemClock);
  const dialing = dialer.dial(signal.signal);
  const socket = await silent.accept();
  signal.abort();
  await assertRejects(() => dialing, DOMException);
  await between.ended();
  assertEquals(signal.listeners, 0);
  socket.close();
  silent.close();
});

permittedTest(
  "dial() leaves no listener behind, and heeds a signal of before",
  ["net"],
  async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const address = { hostname: "127.0.0.1", port: listener.addr.port };
    const signal = new CountedSignal();
    const accepted = listener.accept();
    const socket = await dial(address, signal.signal);
    assertEquals(signal.listeners, 0);
    signal.abort();
    await assertRejects(() => dial(address, signal.signal), DOMException);
    for (const one of [socket, await accepted]) one.close();
    listener.close();
  },
);
