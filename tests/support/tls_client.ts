/**
 * Test clients that speak with a server process as its programs do, under TLS too.
 *
 * @module
 */

import { alpnName, certificateHash, certificateName } from "../../lib/identity/certificate.ts";
import type { ServerProcess, Transport } from "./server_process.ts";
import { type TestDevice, WireClient } from "./wire_client.ts";

const hostname = "127.0.0.1";

/** Connects as the runtime's own client does, trusting what lies in the server's data folder. */
export async function connectTls({ port, data }: ServerProcess): Promise<WireClient> {
  const pem = await Deno.readTextFile(`${data}/tls.pem`);
  const shown = /-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/.exec(pem)!;
  const plain = await Deno.connect({ hostname, port });
  plain.setNoDelay(true);
  const caCerts = [shown[0]];
  const agreed = { hostname: certificateName, caCerts, alpnProtocols: [alpnName] };
  const socket = await Deno.startTls(plain, agreed);
  await socket.handshake();
  const der = Uint8Array.fromBase64(shown[1]!.replaceAll(/\s/g, ""));
  return WireClient.over(socket, certificateHash(der));
}

/** Logs in as a new device and takes the snapshot. */
export type Open = (device: TestDevice) => Promise<WireClient>;

/** Who logs in at a server, over this transport. */
export function openerOf(server: ServerProcess, transport: Transport): Open {
  return async (device) => {
    if (transport === "clear") return await WireClient.open(server.port, device);
    const client = await connectTls(server);
    await client.login(device);
    await client.send("resume", { logId: null, cursor: 0, digest: null });
    await client.next("upto");
    return client;
  };
}
