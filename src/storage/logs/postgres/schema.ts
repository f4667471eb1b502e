/**
 * The history of the format: step n migrates format n to format n + 1. A released step never changes; a new format is a
 * new step. `@.` stands for the schema. `docs/shared-store.md` describes the tables.
 */
export const postgresSteps: readonly string[] = [
  `
  CREATE TABLE @.nodes (
    node uuid PRIMARY KEY,
    address text,
    lease_until bigint NOT NULL,
    alive_since bigint NOT NULL
  ) WITH (fillfactor = 50);
  CREATE TABLE @.sessions (
    tenant text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    epoch bigint NOT NULL,
    owner uuid,
    needs text[] NOT NULL,
    idle_epochs integer NOT NULL,
    created_at bigint NOT NULL,
    snapshot_seq bigint,
    snapshot_epoch bigint,
    snapshot_parts integer,
    snapshot_bytes bigint,
    snapshot_sum uuid,
    PRIMARY KEY (tenant, id)
  ) WITH (fillfactor = 80);
  CREATE INDEX sessions_by_owner ON @.sessions (owner) WHERE owner IS NOT NULL;
  CREATE TABLE @.log (
    tenant text COLLATE "C" NOT NULL,
    session text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    epoch bigint NOT NULL,
    took boolean NOT NULL,
    sum uuid NOT NULL,
    at bigint NOT NULL,
    projection text NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (tenant, session, seq)
  ) PARTITION BY HASH (tenant, session);
  ${Array.from({ length: 16 }, (_, index) => `CREATE TABLE @.log_${index} PARTITION OF @.log FOR VALUES WITH (MODULUS 16, REMAINDER ${index});`).join('\n  ')}
  CREATE TABLE @.snapshots (
    tenant text COLLATE "C" NOT NULL,
    session text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    epoch bigint NOT NULL,
    part integer NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (tenant, session, seq, epoch, part)
  );
  CREATE TABLE @.blobs (
    tenant text COLLATE "C" NOT NULL,
    session text COLLATE "C" NOT NULL,
    digest text COLLATE "C" NOT NULL,
    part integer NOT NULL,
    parts integer NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (tenant, session, digest, part)
  );
  ALTER TABLE @.blobs ALTER COLUMN body SET STORAGE EXTERNAL;
  CREATE TABLE @.catalogues (
    tenant text COLLATE "C" NOT NULL,
    digest text COLLATE "C" NOT NULL,
    part integer NOT NULL,
    parts integer NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (tenant, digest, part)
  );
  CREATE TABLE @.wakes (
    bucket smallint NOT NULL,
    due bigint NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    session text COLLATE "C" NOT NULL,
    needs text[] NOT NULL,
    PRIMARY KEY (tenant, session)
  ) WITH (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0
  );
  CREATE INDEX wakes_by_due ON @.wakes (bucket, due);
  CREATE TABLE @.inbox (
    tenant text COLLATE "C" NOT NULL,
    session text COLLATE "C" NOT NULL,
    entry_id text COLLATE "C" NOT NULL,
    position bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    body text,
    at bigint NOT NULL,
    PRIMARY KEY (tenant, session, entry_id)
  );
  CREATE INDEX inbox_by_position ON @.inbox (tenant, session, position) WHERE body IS NOT NULL;
  CREATE TABLE @.approvals (
    tenant text COLLATE "C" NOT NULL,
    session text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (tenant, session, key)
  );
  `,
  'ALTER TABLE @.nodes ADD COLUMN build text, ADD COLUMN draining boolean NOT NULL DEFAULT false;',
]

/** The tables of the current format. */
export const postgresTables: readonly string[] = [
  'nodes',
  'sessions',
  'log',
  'snapshots',
  'blobs',
  'catalogues',
  'wakes',
  'inbox',
  'approvals',
]

/** The only row of `store_format` names the product. */
export const postgresProduct = 'codecell session logs'
