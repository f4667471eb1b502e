import { decisionSumSchema, deferralSumSchema, engineSumSchema, moveSumSchema, rowSumSchema } from './row-sums.ts'

/**
 * The history of the format: step n migrates format n to format n + 1. A released step never changes; a new format is a
 * new step. `docs/durability.md` describes the tables.
 */
export const schemaSteps: readonly string[] = [
  `
  CREATE TABLE cells (
    cell INTEGER PRIMARY KEY,
    exec_call_id TEXT,
    request_id TEXT,
    source TEXT NOT NULL,
    start TEXT NOT NULL,
    catalogue TEXT NOT NULL,
    values_version INTEGER NOT NULL,
    state TEXT NOT NULL,
    ending TEXT,
    error_text TEXT,
    limit_name TEXT,
    items TEXT,
    delivered INTEGER NOT NULL,
    notified INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER
  ) STRICT;
  CREATE INDEX cells_by_state ON cells (state);
  CREATE INDEX cells_by_request ON cells (request_id) WHERE request_id IS NOT NULL;
  CREATE TABLE catalogues (hash TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;
  CREATE TABLE stored_values (
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (key, version)
  ) STRICT;
  CREATE TABLE calls (
    cell INTEGER NOT NULL,
    call INTEGER NOT NULL,
    identifier TEXT NOT NULL,
    input TEXT NOT NULL,
    input_hash TEXT NOT NULL,
    line INTEGER,
    column INTEGER,
    state TEXT NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    note TEXT,
    PRIMARY KEY (cell, call)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE answers (
    request_id TEXT NOT NULL,
    cell INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (request_id, cell)
  ) STRICT;
  CREATE TABLE kept_outputs (
    cell INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    entry TEXT NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE approvals (
    cell INTEGER NOT NULL,
    call INTEGER NOT NULL,
    key TEXT NOT NULL,
    identifier TEXT NOT NULL,
    input_hash TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    asked_at INTEGER NOT NULL,
    decided_at INTEGER,
    PRIMARY KEY (cell, call)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE grants (
    cell INTEGER NOT NULL,
    identifier TEXT NOT NULL,
    calls_left INTEGER,
    PRIMARY KEY (cell, identifier)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE reverts (
    cell INTEGER NOT NULL,
    call INTEGER NOT NULL,
    input TEXT NOT NULL,
    result TEXT NOT NULL,
    state TEXT,
    at INTEGER,
    note TEXT,
    PRIMARY KEY (cell, call)
  ) STRICT, WITHOUT ROWID;
  `,
  // The tool of a decision, and the input that an approver sees again.
  `
  ALTER TABLE approvals ADD COLUMN tool_digest TEXT;
  ALTER TABLE approvals ADD COLUMN input TEXT;
  ALTER TABLE grants ADD COLUMN tool_digest TEXT;
  `,
  // The owner, keys that identify their call permanently, and a checksum in every row.
  `
  CREATE TABLE owner (id INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL, token TEXT NOT NULL) STRICT;
  ALTER TABLE calls ADD COLUMN key TEXT;
  ALTER TABLE calls ADD COLUMN epoch INTEGER;
  ALTER TABLE calls ADD COLUMN read_only INTEGER;
  ${rowSumSchema()}
  `,
  // Calls whose result arrives later, and that result until the cell has received it.
  `
  CREATE TABLE deferrals (
    cell INTEGER NOT NULL,
    call INTEGER NOT NULL,
    note TEXT,
    expires_at INTEGER,
    at INTEGER NOT NULL,
    result_id TEXT,
    result_type TEXT,
    result TEXT,
    result_at INTEGER,
    PRIMARY KEY (cell, call)
  ) STRICT, WITHOUT ROWID;
  ${deferralSumSchema()}
  `,
  // The last move of the session to or from a shared store; at most one row.
  `
  CREATE TABLE moves (
    lineage TEXT PRIMARY KEY,
    move TEXT NOT NULL,
    count INTEGER NOT NULL,
    state TEXT NOT NULL,
    other TEXT NOT NULL
  ) STRICT;
  ${moveSumSchema()}
  `,
  // Decisions as approvers gave them.
  `
  CREATE TABLE decisions (
    cell INTEGER NOT NULL,
    call INTEGER NOT NULL,
    type TEXT NOT NULL,
    calls INTEGER,
    request_id TEXT,
    decided_by TEXT,
    PRIMARY KEY (cell, call)
  ) STRICT, WITHOUT ROWID;
  ${decisionSumSchema()}
  `,
  // The engine of the cells; at most one row. Without the table it is V8.
  `
  CREATE TABLE engine (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL) STRICT;
  ${engineSumSchema()}
  `,
]

/**
 * The format of a new session, and of each one after it is opened. The last step is taken when the engine of a session is recorded:
 * versions of codecell without a choice of engines must open the other sessions only.
 */
export const commonFormat = 7
