/**
 * The limits that an operator may change: within which range, and what they are for.
 *
 * @module
 */

import { limits } from "../limits.ts";

/** A limit that may be changed. */
export interface Setting {
  /** The smallest value that is taken. */
  readonly least: number;
  /** The largest value that is taken. */
  readonly most: number;
  /** What it bounds, for whoever reads the configuration file. */
  readonly says: string;
}

/**
 * By name, as in lib/limits.ts, where their defaults are. What a client must keep to is not among
 * them: that is the protocol's.
 *
 * @see docs/ARCHITECTURE.md, section "server"
 */
export const settings = {
  connectionsMax: {
    ...{ least: 1, most: 100_000 },
    says: "Connections that are logged in.",
  },
  connectionsPerUserMax: {
    ...{ least: 1, most: 1_000 },
    says: "Connections of one user that are logged in.",
  },
  strangersMax: {
    ...{ least: 1, most: 10_000 },
    says:
      "Connections that have not logged in. Where that many are open, one goes for each that\n" +
      "comes: one that has not said hello if there is any, else any.",
  },
  strangersDropFrom: {
    ...{ least: 1, most: 10_000 },
    says: "Connections that have not logged in from which on one may have to go when another\n" +
      "comes, the more likely the more there are. At most strangersMax.",
  },
  strangersPerAddressMax: {
    ...{ least: 1, most: 10_000 },
    says: "Connections that have not logged in, of one IPv4 address or one IPv6 /64. Who is\n" +
      "logged in doesn't count, so any number of people may be behind one address.",
  },
  loginFailuresMax: {
    ...{ least: 0, most: 1_000 },
    says: "Failed logins of one address a minute; each further one costs the address a pause,\n" +
      "of 1 s, 2 s, 4 s and so on up to 60 s, in which nobody new comes in from there. Devices\n" +
      "that are known do. 0: no bound.",
  },
  loginMs: {
    ...{ least: 1_000, most: 60_000 },
    says: "Milliseconds from connecting to being logged in.",
  },
  frameMs: {
    ...{ least: 1_000, most: 60_000 },
    says: "Milliseconds for the rest of a frame that has begun.",
  },
  messagesBurst: {
    ...{ least: 1, most: 100_000 },
    says: "Messages that a user may send at once, after a while of silence.",
  },
  messagesPerSecond: {
    ...{ least: 0, most: 100_000 },
    says: "Messages of a user a second, of all devices together. What comes sooner waits for\n" +
      "its time; nothing is refused. 0: no bound.",
  },
  historyPerSecond: {
    ...{ least: 0, most: 100_000 },
    says: "Pages of history that one connection is given a second. 0: no bound.",
  },
  connectionBytesMax: {
    ...{ least: 64 * 1024, most: 2 ** 30 },
    says: "Bytes that one connection may hold without getting on.",
  },
  connectionOverMs: {
    ...{ least: 0, most: 3_600_000 },
    says: "Milliseconds in which a connection that holds more takes nothing, until it is ended.\n" +
      "Nothing is lost by that: it comes again.",
  },
  memoryBytesMax: {
    ...{ least: 16 * 1024 * 1024, most: 2 ** 40 },
    says: "Bytes held for all connections together, beside what they share. Beyond it those who\n" +
      "have not logged in go first, then those who hold most without getting on.",
  },
  userBytesMax: {
    ...{ least: 0, most: 2 ** 50 },
    says: "Bytes that one user's entries may take on the disk. Beyond it their messages are\n" +
      "refused; the rest is not. 0: no bound.",
  },
  diskReserveBytes: {
    ...{ least: 0, most: 2 ** 40 },
    says: "Bytes left free on the disk of the data folder. With less, nothing new is taken, for\n" +
      "later; reading goes on, and writing comes back by itself with the room. 0: none.",
  },
} as const satisfies Partial<Record<keyof typeof limits, Setting>>;

/** The name of a limit that may be changed. */
export type SettingName = keyof typeof settings;

/** All limits that may be changed, as they are on one server. */
export type ServerLimits = Readonly<Record<SettingName, number>>;

/** The limits of a server that is told nothing else. */
export const defaultLimits: ServerLimits = Object.fromEntries(
  Object.keys(settings).map((name) => [name, limits[name as SettingName]]),
) as Record<SettingName, number>;
