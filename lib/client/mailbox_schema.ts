/**
 * The tables of the client's mailbox.
 *
 * @module
 */

/** From nothing to the first tables. Tables of one row are keyed by `one`. */
const firstTables = `
CREATE TABLE own (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  user INTEGER NOT NULL,
  device INTEGER NOT NULL,
  name TEXT NOT NULL,
  log_id BLOB NOT NULL
) STRICT;

CREATE TABLE cursor (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  log_id BLOB NOT NULL,
  lsn INTEGER NOT NULL,
  digest BLOB NOT NULL
) STRICT;

CREATE TABLE epoch (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  epoch BLOB NOT NULL,
  next_n INTEGER NOT NULL
) STRICT;

CREATE TABLE outbox (
  place INTEGER PRIMARY KEY AUTOINCREMENT,
  epoch BLOB NOT NULL,
  n INTEGER NOT NULL,
  id BLOB NOT NULL UNIQUE,
  action BLOB NOT NULL,
  lsn INTEGER,
  code INTEGER,
  UNIQUE (epoch, n)
) STRICT;
CREATE INDEX outbox_open ON outbox (place) WHERE lsn IS NULL;

CREATE TABLE entries (
  arrival INTEGER PRIMARY KEY AUTOINCREMENT,
  lsn INTEGER NOT NULL UNIQUE,
  audience TEXT NOT NULL,
  live INTEGER NOT NULL,
  header BLOB NOT NULL,
  body BLOB
) STRICT;
CREATE INDEX entries_audience ON entries (audience, lsn);

CREATE TABLE boundaries (
  audience TEXT NOT NULL,
  lsn INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  PRIMARY KEY (audience, lsn)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipts (
  lsn INTEGER PRIMARY KEY,
  recipients INTEGER,
  delivered INTEGER,
  read INTEGER,
  wanted INTEGER NOT NULL
) STRICT;
CREATE INDEX receipts_wanted ON receipts (lsn) WHERE wanted = 1;

CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL
) STRICT;

CREATE TABLE rooms (
  audience TEXT PRIMARY KEY,
  name TEXT,
  member INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** What was shown of what came, by who showed it. */
const shownTable = `
CREATE TABLE shown (
  reader TEXT PRIMARY KEY,
  arrival INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** Which refusals were told to somebody: those of before were, by the programs of before. */
const toldColumn = `
ALTER TABLE outbox ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
UPDATE outbox SET told = 1 WHERE code IS NOT NULL;
CREATE INDEX outbox_untold ON outbox (place) WHERE code IS NOT NULL AND told = 0;
`;

/** How often everything came anew. */
const resyncTable = `
CREATE TABLE resyncs (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  count INTEGER NOT NULL,
  reason INTEGER NOT NULL
) STRICT;
`;

/** Of whom nothing is shown. */
const blocksTable = `
CREATE TABLE blocks (
  user INTEGER PRIMARY KEY
) STRICT;
`;

/** Up to where each room was looked at. */
const seenRoomsTable = `
CREATE TABLE seen_rooms (
  audience TEXT PRIMARY KEY,
  lsn INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** What programs without a connection ask the server through who has it; both sides are JSON. */
const questionsTable = `
CREATE TABLE questions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  question TEXT NOT NULL,
  answer TEXT
) STRICT;
`;

/** What was typed and not sent, by where it is for. */
const draftsTable = `
CREATE TABLE drafts (
  place TEXT PRIMARY KEY,
  text TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** The steps from an empty file to the newest tables; a step never changes once released. */
export const mailboxMigrations: readonly string[] = [
  firstTables,
  shownTable,
  toldColumn,
  resyncTable,
  blocksTable,
  seenRoomsTable,
  questionsTable,
  draftsTable,
];
