/**
 * What must be so in the end, after everything healed.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { headerBytes } from "../../lib/framing.ts";
import { bodyDigest, chainDigest, firstDigest } from "../../lib/log/digest.ts";
import { entryFrame } from "../../lib/log/entry.ts";
import type { SimClient } from "./client.ts";
import { bytesKey } from "./clock.ts";
import { latestOwn } from "./looking.ts";
import { waitingMax } from "./wiretap.ts";
import type { WorldParts } from "./world_parts.ts";

/** @returns whether all have come to the same */
export function isConverged(world: WorldParts): boolean {
  const logId = bytesKey(world.server.store.head().logId);
  return world.clients.every((client) => {
    const { connection, disk: { held: { cursor, rows } } } = client;
    return connection?.isOpen && client.unsent === 0 && rows.length === 0 && cursor &&
      bytesKey(cursor.logId) === logId && missing(world, client).length === 0;
  });
}

/** What is meant for a client above its cursor: a quiet cursor may stay a little behind. */
function missing(world: WorldParts, { disk: { held: { own, cursor } } }: SimClient): number[] {
  const { oracle } = world.checks.era;
  return oracle.meantFor(own!, cursor?.lsn ?? 0, oracle.head);
}

/**
 * What must be so in the end.
 *
 * @throws what does not hold
 */
export function compare(world: WorldParts): void {
  for (const client of world.clients) {
    const { name, ending, connection, disk: { held } } = client;
    assertEquals(ending, null, `converge: ${name} ended`);
    assert(connection?.isOpen, `converge: ${name} is connected`);
    assertEquals(held.rows.length, 0, `converge: unsent of ${name}`);
    assertEquals(client.unsent, 0, `converge: unsent of ${name} in memory`);
    assertEquals(missing(world, client), [], `converge: what ${name} misses`);
  }
  assert(isConverged(world), "converge: one log");
  for (const [id, { order, mayBeLost }] of world.checks.typed) {
    assert(mayBeLost || world.checks.era.ids.has(id), `converge: ${order} was never taken`);
  }
  for (const { wire: { mostBytes: { up, down } } } of world.lines) {
    assert(up <= waitingMax.up && down <= waitingMax.down, `bound: ${up} up, ${down} down`);
  }
  compareReceipts(world);
  for (const client of world.clients) world.checks.drawn(client, true);
  let digest = firstDigest;
  world.log().forEach((row, at) => {
    const payload = world.checks.era.oracle.payload(at + 1);
    assertEquals(entryFrame(row).subarray(headerBytes), payload, "lsn unchanging");
    digest = chainDigest(digest, row.header, bodyDigest(row.salt, row.body));
    assertEquals(row.digest, digest, "digest chain");
  });
}

/** How far own messages have come is what the disks hold, or as much of it as the server can know. */
function compareReceipts(world: WorldParts): void {
  const { oracle, facts } = world.checks.era;
  const since = new Map(
    world.server.store.database.prepare("SELECT device, since FROM cursors").all()
      .map((row) => [Number(row.device), Number(row.since)]),
  );
  const disks = world.clients.map((client) => {
    const { own, cursor, entries } = client.disk.held;
    const { user, device } = own!;
    return { client, user, since: since.get(device) ?? Infinity, cursor: cursor!.lsn, entries };
  });
  for (const client of world.clients) {
    for (const lsn of latestOwn(client)) {
      const told = client.receipts.get(lsn);
      assert(told, `converge: ${client.name} is told nothing of ${lsn}`);
      const all = oracle.recipients(lsn);
      const count = (isHeld: (disk: typeof disks[number]) => boolean) =>
        all.filter((one) => disks.some((disk) => disk.user === one && isHeld(disk))).length;
      const atLeast = count(({ since, cursor }) => since <= lsn && lsn <= cursor);
      const atMost = count(({ client, user, entries }) =>
        client.mayLackPast ? facts.hasHeld(user, lsn) : entries.some((one) => one.lsn === lsn)
      );
      const is = `converge: ${lsn} on ${told.delivered} disks`;
      assert(told.delivered >= atLeast, `${is}, and it is on ${atLeast} since their snapshots`);
      assert(told.delivered <= atMost, `${is}, and it is on ${atMost}`);
    }
  }
}
