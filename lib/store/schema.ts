/**
 * The tables of the server's store: the log, and the projections that are rebuilt from it.
 *
 * @module
 */

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

/** The projections: changed in the same transaction as the log, and equal when rebuilt from it. */
export const projectionTables = `
CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE devices (
  id INTEGER PRIMARY KEY,
  user INTEGER NOT NULL,
  key BLOB NOT NULL UNIQUE
) STRICT;
CREATE TABLE rooms (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE,
  members INTEGER NOT NULL
) STRICT;
CREATE TABLE audiences (
  key TEXT PRIMARY KEY,
  last INTEGER NOT NULL
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
  last INTEGER NOT NULL,
  UNIQUE (device, epoch)
) STRICT;
`;

/** The projections' names, for dropping and comparing them. */
export const projectionNames: readonly string[] = [
  "users",
  "devices",
  "rooms",
  "audiences",
  "spans",
  "outboxes",
];

/**
 * Counts the changes of the projections, in shape or in meaning. A store of another number has them
 * rebuilt from the log when it is opened: they need no migrations.
 */
export const projectionVersion = 2;

/** The steps from an empty file to the newest tables of what is not a projection. */
export const migrations: readonly string[] = [logTables, markTables, checksums];
