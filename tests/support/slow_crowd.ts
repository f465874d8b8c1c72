/**
 * Many who connect, each from an address of its own, and never finish a frame; whoever is sent away
 * comes again: `deno run --allow-net slow_crowd.ts PORT COUNT PAUSE_MS`. A program of its own, so
 * that those it stands beside are not slowed by it. Tells how it goes, ten times a second.
 */

import net from "node:net";
import { codes } from "../../lib/errors.ts";
import { FrameDecoder } from "../../lib/framing.ts";
import { decodePacket, encodePacket } from "../../lib/protocol/codec.ts";

/** How it goes. */
export interface SlowCrowdState {
  /** Connections that were made so far. */
  connects: number;
  /** Members of the crowd whom the server has answered at least once. */
  answered: number;
  /** Connections that the server has answered and not ended. */
  held: number;
  /** How often the server had no room, and how often it lost patience. */
  full: number;
  noAnswer: number;
}

/** A ping, so that it is known when the server has taken the connection, and half a header. */
const opening = new Uint8Array([...encodePacket("ping", { token: 1 }), 0, 0]);

function comeAgain(at: number, port: number, pauseMs: number, state: SlowCrowdState): void {
  let known = false;
  const come = () => {
    let held = false;
    const drop = () => {
      if (held) state.held--;
      held = false;
    };
    const localAddress = `127.${1 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`;
    const socket = net.connect({ host: "127.0.0.1", port, localAddress });
    const decoder = new FrameDecoder(64 * 1024);
    state.connects++;
    socket.on("connect", () => socket.write(opening));
    socket.on("data", (chunk: Uint8Array) => {
      for (const payload of decoder.push(chunk)) {
        const packet = decodePacket(payload, "server");
        if (packet.packet === "error") {
          if (packet.code === codes.full) state.full++;
          if (packet.code === codes.noAnswer) state.noAnswer++;
          drop();
        } else if (!held) {
          held = true;
          state.held++;
          if (!known) state.answered++;
          known = true;
        }
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      drop();
      setTimeout(come, pauseMs);
    });
  };
  come();
}

if (import.meta.main) {
  const [port, count, pauseMs] = Deno.args.map(Number);
  const state: SlowCrowdState = { connects: 0, answered: 0, held: 0, full: 0, noAnswer: 0 };
  for (let at = 0; at < count!; at++) comeAgain(at, port!, pauseMs!, state);
  setInterval(() => console.log(JSON.stringify(state)), 100);
}
