/**
 * Whether there is room for a device that has proved its key, and what it is told then.
 *
 * @module
 */

import { limits } from "../limits.ts";
import type { KnownDevice } from "../log/log.ts";
import { encodePacket } from "../protocol/codec.ts";
import type { SessionContext } from "./context.ts";

/**
 * Looks whether too many devices are connected already.
 *
 * @param context knows who is connected, and how many may be
 * @param user the id of the device's user
 * @returns why there is no room; null if there is
 * @see docs/PROTOCOL.md, section "Limits"
 */
export function crowded(
  { hub, limits: { connectionsMax, connectionsPerUserMax } }: SessionContext,
  user: number,
): string | null {
  if (hub.connections(user) >= connectionsPerUserMax) {
    return `${connectionsPerUserMax} devices of this user are connected`;
  }
  return hub.size >= connectionsMax ? `${connectionsMax} connections` : null;
}

/**
 * Makes a `welcome`.
 *
 * @param context knows the log
 * @param device who is welcome
 * @returns the frame, owned by the caller
 * @see docs/PROTOCOL.md, section "Handshake"
 */
export function welcomeFrame(
  { hub, logId, wallMs }: SessionContext,
  device: KnownDevice,
): Uint8Array {
  const log = { logId, head: hub.head.lsn, timeMs: wallMs() };
  return encodePacket("welcome", { ...limits, ...device, ...log });
}
