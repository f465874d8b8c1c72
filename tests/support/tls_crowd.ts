/**
 * Many who connect to a server under TLS and never log in: `deno run --allow-net tls_crowd.ts PORT
 * SLOW AT_A_TIME HELLO`. SLOW of them send half of a handshake and stay; beside these AT_A_TIME at a
 * time send a whole ClientHello (HELLO, in hex), which costs them nothing and the server a key
 * agreement and a signature, and go when they are answered. Each comes from an address of its own.
 * Tells how it goes, ten times a second.
 */

import net from "node:net";

/** How it goes. */
export interface TlsCrowdState {
  /** Slow connections that are open. */
  held: number;
  /** Handshakes that were begun so far, slow ones aside, and those that the server answered. */
  attempts: number;
  answered: number;
}

let last = 0;

/** The next of a hundred thousand addresses of this machine. */
function nextAddress(): string {
  last = (last + 1) % 100_000;
  return `127.${1 + (last >> 16)}.${(last >> 8) & 255}.${last & 255}`;
}

function connect(port: number, opening: Uint8Array): net.Socket {
  const socket = net.connect({ host: "127.0.0.1", port, localAddress: nextAddress() });
  socket.on("connect", () => socket.write(opening));
  socket.on("error", () => {});
  return socket;
}

function beSlow(port: number, opening: Uint8Array, state: TlsCrowdState): void {
  const socket = connect(port, opening);
  let isOpen = false;
  socket.on("connect", () => {
    isOpen = true;
    state.held++;
  });
  socket.on("close", () => {
    if (isOpen) state.held--;
    setTimeout(beSlow, 1_000, port, opening, state);
  });
}

function flood(port: number, hello: Uint8Array, state: TlsCrowdState): void {
  const socket = connect(port, hello);
  state.attempts++;
  socket.once("data", () => {
    state.answered++;
    socket.resetAndDestroy();
  });
  socket.on("close", () => setTimeout(flood, 0, port, hello, state));
}

if (import.meta.main) {
  const [port, slow, atATime] = Deno.args.map(Number);
  const hello = Uint8Array.fromHex(Deno.args[3]!);
  const state: TlsCrowdState = { held: 0, attempts: 0, answered: 0 };
  for (let at = 0; at < slow!; at++) beSlow(port!, hello.subarray(0, 40), state);
  for (let at = 0; at < atATime!; at++) flood(port!, hello, state);
  setInterval(() => console.log(JSON.stringify(state)), 100);
}
