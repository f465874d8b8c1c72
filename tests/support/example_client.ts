/**
 * The client's side of docs/PROTOCOL.md's worked example, and the whole conversation as vectors.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { headerBytes } from "../../lib/framing.ts";
import { keyFromSeed } from "../../lib/identity/keys.ts";
import { clearChannel, deviceMessage } from "../../lib/identity/transcript.ts";
import { actionItem, decodePacket, encodePacket } from "../../lib/protocol/codec.ts";
import type { Side } from "../../lib/protocol/packets.ts";
import { exampleSeeds, ExampleServer } from "./example.ts";
import { toJson, type Vector } from "./vectors.ts";

const { deviceSeed, clientNonce, epoch, ids, name } = exampleSeeds;
const section = "Worked example";

/** Writes what is said down as vectors. */
class Recorder {
  readonly vectors: Vector[] = [];
  readonly #server = new ExampleServer();

  /** Sends a client's frame, and gives the frames that answer it. */
  async say(frame: Uint8Array): Promise<Uint8Array[]> {
    this.#note("client", frame);
    const answers = await this.#server.answer(frame);
    for (const answer of answers) this.#note("server", answer);
    return answers;
  }

  /** Ends the conversation. */
  close(): void {
    this.#server.store.close();
  }

  #note(from: Side, frame: Uint8Array): void {
    const packet = decodePacket(frame.subarray(headerBytes), from);
    const fields = toJson(packet) as NonNullable<Vector["fields"]>;
    this.vectors.push({ name: packet.packet, section, from, hex: encodeHex(frame), fields });
  }
}

/** @returns the conversation, frame by frame, played anew */
export async function playExample(): Promise<Vector[]> {
  const recorder = new Recorder();
  await logIn(recorder);
  await recorder.say(encodePacket("resume", { logId: null, cursor: 0, digest: null }));
  await recorder.say(encodePacket("ack", { lsn: 2 }));
  await recorder.say(message(1, "lobby"));
  await recorder.say(encodePacket("ack", { lsn: 3 }));
  await recorder.say(message(2, "nowhere"));
  await recorder.say(encodePacket("ack", { lsn: 4 }));
  await recorder.say(encodePacket("ping", { token: 7 }));
  recorder.close();
  return recorder.vectors;
}

async function logIn(recorder: Recorder): Promise<void> {
  const hello = encodePacket("hello", { versions: [1], nonce: clientNonce, software: "example" });
  const [answer] = await recorder.say(hello);
  const challenge = decodePacket(answer!.subarray(headerBytes), "server");
  if (challenge.packet !== "challenge") throw new Error(challenge.packet);
  const { version, nonce: serverNonce, serverKey } = challenge;
  const key = await keyFromSeed(deviceSeed);
  const deviceKey = key.publicKey;
  const transcript = {
    hello: hello.subarray(headerBytes),
    version,
    serverNonce,
    serverKey,
    channel: clearChannel,
  };
  const signature = await key.sign(deviceMessage(transcript, deviceKey, name, null));
  await recorder.say(encodePacket("login", { deviceKey, name, invite: null, signature }));
}

function message(n: number, to: string): Uint8Array {
  const action = actionItem({ action: "message", to, text: "hello", act: false });
  return encodePacket("submit", { epoch, n, id: ids[n - 1]!, action });
}
