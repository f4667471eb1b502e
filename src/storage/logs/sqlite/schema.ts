/**
 * The history of the format: step n migrates format n to format n + 1. A released step never changes; a new format is a
 * new step. `docs/shared-store.md` describes the tables.
 */
export const sqliteSteps: readonly string[] = [
  `
  CREATE TABLE nodes (
    node TEXT PRIMARY KEY,
    address TEXT,
    lease_until INTEGER NOT NULL,
    alive_since INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE sessions (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    owner TEXT,
    needs TEXT NOT NULL,
    idle_epochs INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    snapshot_seq INTEGER,
    snapshot_epoch INTEGER,
    snapshot_parts INTEGER,
    snapshot_bytes INTEGER,
    snapshot_sum TEXT,
    PRIMARY KEY (tenant, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_by_owner ON sessions (owner) WHERE owner IS NOT NULL;
  CREATE TABLE log (
    tenant TEXT NOT NULL,
    session TEXT NOT NULL,
    seq INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    took INTEGER NOT NULL,
    sum TEXT NOT NULL,
    at INTEGER NOT NULL,
    projection TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (tenant, session, seq)
  ) STRICT;
  CREATE TABLE snapshots (
    tenant TEXT NOT NULL,
    session TEXT NOT NULL,
    seq INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    part INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (tenant, session, seq, epoch, part)
  ) STRICT;
  CREATE TABLE blobs (
    tenant TEXT NOT NULL,
    session TEXT NOT NULL,
    digest TEXT NOT NULL,
    part INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (tenant, session, digest, part)
  ) STRICT;
  CREATE TABLE catalogues (
    tenant TEXT NOT NULL,
    digest TEXT NOT NULL,
    part INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (tenant, digest, part)
  ) STRICT;
  CREATE TABLE wakes (
    tenant TEXT NOT NULL,
    session TEXT NOT NULL,
    due INTEGER NOT NULL,
    PRIMARY KEY (tenant, session)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX wakes_by_due ON wakes (due);
  CREATE TABLE inbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    session TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT,
    at INTEGER NOT NULL,
    UNIQUE (tenant, session, entry_id)
  ) STRICT;
  CREATE INDEX inbox_by_position ON inbox (tenant, session, position) WHERE body IS NOT NULL;
  CREATE TABLE approvals (
    tenant TEXT NOT NULL,
    session TEXT NOT NULL,
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, session, key)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE nodes ADD COLUMN build TEXT;
  ALTER TABLE nodes ADD COLUMN draining INTEGER NOT NULL DEFAULT 0;
  `,
]

/** Identifies the file, in its header, as a shared store of codecell. */
export const sqliteApplicationId = 0x63_63_6c_67
