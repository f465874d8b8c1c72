/**
 * The server put together: data folder, log, hub, sockets.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { fingerprint } from "../identity/keys.ts";
import { readOrMakeKey } from "../identity/key_file.ts";
import type { Registration } from "../log/submission.ts";
import type { Socket } from "../net/link.ts";
import type { Address } from "../net/tcp.ts";
import { hasUnixSockets, listenUnix } from "../net/unix.ts";
import { systemClock, systemRandom, systemTimers } from "../seams.ts";
import { openStore } from "../store/open.ts";
import { WorkerReader, WorkerWriter } from "../store/worker_log.ts";
import { WorkerSearcher } from "../store/worker_search.ts";
import { Admin } from "./admin.ts";
import { Connections } from "./connections.ts";
import { type DataFolder, openDataFolder } from "./data_folder.ts";
import { type Host, hostOf } from "./invite_text.ts";
import { type InviteAsk, Invites, type MadeInvite, type RecoverAsk } from "./invites.ts";
import type { Journal } from "./journal.ts";
import { listenForClients } from "./listening.ts";
import type { OwnerPorts } from "./owner.ts";
import type { ServerLimits } from "./settings.ts";
import { StrangerJournal } from "./stranger_journal.ts";

/** How a server is started. */
export interface ServerOptions {
  /** Where to listen; port 0 for any free one. */
  readonly listen: Address;
  /** The data folder; made if it is missing. */
  readonly data: string;
  /** Who may be registered. */
  readonly registration: Registration;
  /** How others reach the server, for invites; null for where it listens. */
  readonly host: Host | null;
  /** What the operator allows. */
  readonly limits: ServerLimits;
  /** Whether to listen in clear text instead of under TLS. */
  readonly clear: boolean;
  /** Takes what the operator should know. */
  readonly journal: Journal;
  /** Connections are taken from now on; told with the identity key's fingerprint, 64 hex digits. */
  readonly listening: (address: Address, fingerprint: string) => void;
  /** The log can't go on; the server has said so in the journal and is no longer of use. */
  readonly failed: (error: Error) => void;
}

/** A running server. */
export interface RunningServer {
  /** How a start tells who may come in: with `ownerLines`. */
  readonly owner: Omit<OwnerPorts, "isTerminal" | "data">;
  /**
   * Stops accepting, lets commits end and answers them, tells the clients, closes.
   *
   * @returns when the data folder is free; within twice `lingerMs` after the last commit
   * @throws {WorkerError} when the log can't be closed
   */
  stop(): Promise<void>;
}

/**
 * Starts a server.
 *
 * @param options where to listen, and on which data
 * @returns the running server
 * @throws {DataFolderBusy} when another server runs on the same data
 * @throws {ListenError} when nobody can listen there, such as where the port is taken
 * @example
 * ```ts ignore
 * const server = await startServer({
 *   listen: { hostname: "127.0.0.1", port: 0 },
 *   data: "data",
 *   registration: "invite",
 *   host: null,
 *   limits: defaultLimits,
 *   clear: false,
 *   journal: () => {},
 *   listening: (address, fingerprint) => console.log(address.port, fingerprint),
 *   failed: () => {},
 * });
 * await server.stop();
 * ```
 * @see docs/ARCHITECTURE.md, section "server"
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { journal, registration } = options;
  const folder = openDataFolder(options.data);
  const identity = await readOrMakeKey(folder.keyPath, systemRandom);
  const store = openStore(folder.databasePath);
  const { head, memberships, people } = store;
  const certificatePath = options.clear ? null : folder.certificatePath;
  const strangers = new StrangerJournal(journal);
  const listening = await listenForClients(
    { listen: options.listen, certificatePath, journal, strangers },
    (...accepted) => connections.accept(...accepted),
  );
  const closeAdmin = openAdmin(folder.adminPath, (socket) => admin.accept(socket), journal);
  const shown = fingerprint(identity.publicKey);
  options.listening(listening.address, shown);
  // From here on connections queue in the kernel: starting the Workers delays no start.
  const { opened, ...workers } = startWorkers(options, folder);
  const { writer, reader, searcher } = workers;
  const failed = once(options);
  opened.then(() => {
    store.close();
    dropPermissions();
  }).catch(failed);
  const connections = new Connections({
    ...{ head, memberships, registration, identity, journal, failed, strangers },
    ...workers,
    limits: options.limits,
  });
  const isConnected = (device: number) => connections.serves(device);
  const submit: Connections["submit"] = (request, done) => connections.submit(request, done);
  const invites = new Invites({ registration, random: systemRandom, journal, submit });
  const make = (ask: InviteAsk) => invites.make(ask);
  const server = hostOf(listening.address, options.host);
  const told = ({ lsn, token }: MadeInvite) => (
    { lsn, ...server, fingerprint: shown, token: encodeHex(token) }
  );
  const invite = async (ask: InviteAsk) => told(await make(ask));
  const recover = async (ask: RecoverAsk) => told(await invites.recover(ask));
  const admin = new Admin({
    ...{ reader, invite, recover, isConnected, clock: systemClock, timers: systemTimers },
  });
  return {
    owner: { people, make, server, fingerprint: shown, canBeAsked: hasUnixSockets },
    stop: async () => {
      failed.silence();
      listening.close();
      closeAdmin();
      await connections.close();
      reader.close();
      searcher.close();
      await writer.close();
      folder.release();
    },
  };
}

/** Starts the Workers, which go on opening what is theirs. */
function startWorkers(
  { data, journal, limits: { diskReserveBytes } }: ServerOptions,
  { databasePath, wordsPath }: DataFolder,
) {
  const writer = new WorkerWriter(data);
  const reader = new WorkerReader();
  const searcher = new WorkerSearcher(
    data,
    wordsPath,
    (reason) => journal("wordsFailed", { reason }),
  );
  const opened = Promise.all([
    writer.open(databasePath, diskReserveBytes),
    reader.open(databasePath),
    searcher.open(databasePath, diskReserveBytes),
  ]);
  return { writer, reader, searcher, opened };
}

/** A server that can't be asked still serves: the journal says why. */
function openAdmin(
  path: string,
  accept: (socket: Socket) => void,
  journal: Journal,
): () => void {
  if (!hasUnixSockets) return () => {};
  const failed = (error: Error) => journal("adminFailed", { reason: error.message });
  try {
    return listenUnix(path, accept, failed);
  } catch (error) {
    failed(error as Error);
    return () => {};
  }
}

/** Tells a failure once, and none while the server stops on purpose. */
function once({ journal, failed }: ServerOptions): ((error: Error) => void) & { silence(): void } {
  let silent = false;
  const tell = (error: Error) => {
    if (silent) return;
    silent = true;
    journal("failure", { reason: error.message });
    failed(error);
  };
  return Object.assign(tell, { silence: () => (silent = true) });
}

/**
 * Everything that is ever read or written is open now, in the reader's Worker too, which shares
 * these. The writer's has its own.
 */
function dropPermissions(): void {
  for (const name of ["read", "write", "sys"] as const) Deno.permissions.revokeSync({ name });
}
