/**
 * The tables of the server's store: the log, and the projections that are rebuilt from it.
 *
 * @module
 */

import { roles } from "../protocol/roles.ts";

/** The log and what is not derived from it. The columns beside the bytes are for finding them. */
const logTables = `
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE log (
  lsn INTEGER PRIMARY KEY,
  audience TEXT NOT NULL,
  outbox INTEGER,
  n INTEGER,
  header BLOB NOT NULL,
  salt BLOB,
  body BLOB,
  body_digest BLOB,
  digest BLOB NOT NULL
) STRICT;
CREATE INDEX log_audience ON log (audience);
CREATE UNIQUE INDEX log_outbox ON log (outbox, n) WHERE outbox IS NOT NULL;
`;

/**
 * What devices and users say that they have: beside the log, and not derived from it. Losing the
 * last second of it makes a receipt late. `steps` says when a cursor came how far, and `steps` of
 * `cursors` counts them.
 */
const markTables = `
CREATE TABLE cursors (
  device INTEGER PRIMARY KEY,
  user INTEGER NOT NULL,
  since INTEGER NOT NULL,
  cursor INTEGER NOT NULL,
  timeMs INTEGER NOT NULL,
  steps INTEGER NOT NULL
) STRICT;
CREATE INDEX cursors_user ON cursors (user);
CREATE TABLE steps (
  device INTEGER NOT NULL,
  cursor INTEGER NOT NULL,
  timeMs INTEGER NOT NULL,
  PRIMARY KEY (device, cursor)
) STRICT, WITHOUT ROWID;
CREATE TABLE stored (
  audience TEXT NOT NULL,
  device INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  user INTEGER NOT NULL,
  timeMs INTEGER NOT NULL,
  PRIMARY KEY (audience, device, first)
) STRICT, WITHOUT ROWID;
CREATE INDEX stored_device ON stored (device);
CREATE TABLE sharing (
  user INTEGER PRIMARY KEY
) STRICT;
CREATE TABLE reads (
  user INTEGER NOT NULL,
  audience TEXT NOT NULL,
  lsn INTEGER NOT NULL,
  timeMs INTEGER NOT NULL,
  PRIMARY KEY (user, audience)
) STRICT, WITHOUT ROWID;
`;

/** Entries from before have none, and are checked against the digest chain. */
const checksums = "ALTER TABLE log ADD COLUMN checksum INTEGER";

/** They cost each entry two pages of the file: what they were for is in `places` and `numbers`. */
const lateIndex = "DROP INDEX log_audience; DROP INDEX log_outbox";

/**
 * The projections: changed in the same transaction as the log, and equal when rebuilt from it. The
 * index of the log alone, `places` and `numbers`, is behind it, as far as `reach` says; what reads
 * it through `placed` and `counted` sees no difference.
 */
export const projectionTables = `
CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE,
  role INTEGER NOT NULL,
  shut INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX users_owner ON users (role) WHERE role = ${roles.owner};
CREATE TABLE invites (
  id INTEGER PRIMARY KEY,
  user INTEGER NOT NULL,
  device INTEGER NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  role INTEGER NOT NULL,
  uses INTEGER NOT NULL,
  expiresMs INTEGER NOT NULL
) STRICT;
CREATE TABLE devices (
  id INTEGER PRIMARY KEY,
  user INTEGER NOT NULL,
  key BLOB NOT NULL UNIQUE,
  addedMs INTEGER NOT NULL DEFAULT 0,
  shut INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX devices_user ON devices (user);
CREATE TABLE codes (
  id INTEGER PRIMARY KEY,
  user INTEGER NOT NULL,
  device INTEGER NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  expiresMs INTEGER NOT NULL,
  used INTEGER NOT NULL
) STRICT;
CREATE TABLE rooms (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE,
  members INTEGER NOT NULL,
  privateSince INTEGER
) STRICT;
CREATE TABLE moderators (
  room INTEGER NOT NULL,
  user INTEGER NOT NULL,
  PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;
CREATE TABLE bans (
  room INTEGER NOT NULL,
  user INTEGER NOT NULL,
  PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;
CREATE TABLE mutes (
  room INTEGER NOT NULL,
  user INTEGER NOT NULL,
  untilMs INTEGER NOT NULL,
  PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;
CREATE TABLE admissions (
  room INTEGER NOT NULL,
  user INTEGER NOT NULL,
  PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;
CREATE TABLE usage (
  user INTEGER PRIMARY KEY,
  bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE blocks (
  user INTEGER NOT NULL,
  other INTEGER NOT NULL,
  PRIMARY KEY (user, other)
) STRICT, WITHOUT ROWID;
CREATE TABLE reach (
  name TEXT PRIMARY KEY,
  lsn INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO reach (name, lsn) VALUES ('head', 0), ('indexed', 0);
CREATE TABLE places (
  audience TEXT NOT NULL,
  lsn INTEGER NOT NULL,
  PRIMARY KEY (audience, lsn)
) STRICT, WITHOUT ROWID;
CREATE TABLE numbers (
  outbox INTEGER NOT NULL,
  n INTEGER NOT NULL,
  lsn INTEGER NOT NULL,
  PRIMARY KEY (outbox, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE spans (
  audience TEXT NOT NULL,
  user INTEGER NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER,
  PRIMARY KEY (audience, user, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX spans_user ON spans (user, audience);
CREATE UNIQUE INDEX spans_open ON spans (user, audience) WHERE until IS NULL;
CREATE TABLE outboxes (
  id INTEGER PRIMARY KEY,
  device INTEGER NOT NULL,
  epoch BLOB NOT NULL,
  UNIQUE (device, epoch)
) STRICT;
CREATE VIEW placed AS
  SELECT audience, lsn FROM places
  UNION ALL
  SELECT audience, lsn FROM log WHERE lsn > (SELECT lsn FROM reach WHERE name = 'indexed');
CREATE VIEW counted AS
  SELECT id, device, epoch, coalesce(
    (SELECT n FROM log WHERE outbox = outboxes.id
      AND lsn > (SELECT lsn FROM reach WHERE name = 'indexed') ORDER BY lsn DESC LIMIT 1),
    (SELECT n FROM numbers WHERE outbox = outboxes.id ORDER BY n DESC LIMIT 1)
  ) AS last FROM outboxes;
`;

/** The projections' names, for dropping and comparing them. */
export const projectionNames: readonly string[] = [
  "users",
  "invites",
  "devices",
  "codes",
  "rooms",
  "moderators",
  "bans",
  "mutes",
  "admissions",
  "blocks",
  "usage",
  "reach",
  "places",
  "numbers",
  "spans",
  "outboxes",
];

/** The views on them, for dropping. */
export const projectionViews: readonly string[] = ["placed", "counted"];

/**
 * Counts the changes of the projections, in shape or in meaning. A store of another number has them
 * rebuilt from the log when it is opened: they need no migrations.
 */
export const projectionVersion = 11;

/** The steps from an empty file to the newest tables of what is not a projection. */
export const migrations: readonly string[] = [logTables, markTables, checksums, lateIndex];
