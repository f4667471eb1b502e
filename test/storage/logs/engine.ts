import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { afterAll, onTestFinished } from 'vitest'
import pg from 'pg'
import { openPostgresLogs } from '../../../src/storage/logs/postgres/open-postgres-logs.ts'
import { openSqliteLogs } from '../../../src/storage/logs/sqlite/open-sqlite-logs.ts'
import type { SharedLogsOptions } from '../../../src/storage/logs/node/shared-session-logs.ts'
import type { OpenLog, Projection, SessionLogs, SessionName } from '../../../src/storage/logs/session-logs.ts'
import { newFolder } from '../../support/folder.ts'
import { newSchema, runSql } from '../../support/postgres/shared-server.ts'

/** One engine of session logs, with a store that all nodes of a test share. */
export type LogEngine = {
  /** Starts a node, which is closed after the test. Without options, tests in sequence can share it. */
  readonly start: (options?: SharedLogsOptions) => Promise<SessionLogs>
  /** Changes the tables; `@.` stands for the schema, `BYTES(hex)` for bytes, `NEEDS` for no needs. */
  readonly sql: (sql: string) => Promise<void>
}

/** A lease that no test outlives, so that nothing but the test ends it. */
const leaseMs = 600_000

export async function newSqliteEngine(): Promise<LogEngine> {
  const path = join(newFolder(), 'store.db')
  return {
    start: async (options) => closedLater(await openSqliteLogs(path, { leaseMs, ...options })),
    sql: async (sql) => {
      using database = new DatabaseSync(path, { timeout: 5000 })
      database.exec(
        sql
          .replaceAll('@.', '')
          .replace(/BYTES\((\w+)\)/, "x'$1'")
          .replace('NEEDS', "'[]'"),
      )
    },
  }
}

let shared: Promise<PostgresAddress> | null = null

type PostgresAddress = { readonly url: string; readonly schema: string }

/** All tests of a file share a schema. */
export async function newPostgresEngine(): Promise<LogEngine & { readonly address: () => Promise<PostgresAddress> }> {
  shared ??= newSchema((cleanup) => cleanups.push(cleanup))
  const { url, schema } = await shared
  let started = 0
  return {
    address: async () => ({ url, schema }),
    start: async (options) => {
      if (options !== undefined) return closedLater(await openPostgresLogs(pg, url, { leaseMs, ...options }))
      const node = (sharedNodes[started] ??= openPostgresLogs(pg, url, { leaseMs }))
      started++
      return node
    },
    sql: (sql) =>
      runSql(
        url,
        sql
          .replaceAll('@.', `${schema}.`)
          .replace(/BYTES\((\w+)\)/, "'\\\\x$1'")
          .replace('NEEDS', "'{}'"),
      ),
  }
}

/** Starting a node takes as long as a test. */
const sharedNodes: Promise<SessionLogs>[] = []
const cleanups: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const node of await Promise.all(sharedNodes.splice(0))) await node[Symbol.asyncDispose]()
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

function closedLater(logs: SessionLogs): SessionLogs {
  onTestFinished(() => logs[Symbol.asyncDispose]())
  return logs
}

let names = 0

/** A name in a tenant of its own. */
export function newName(tenant: string = `t${process.pid}-${names++}-${Date.now().toString(36)}`): SessionName {
  return { tenant, id: `s${names++}` }
}

export const nothing: Projection = { wakeAt: null, approvals: [], counts: { running: 0, finished: 0, closed: 0 } }

export async function opened(logs: SessionLogs, name: SessionName, needs?: readonly string[]): Promise<OpenLog> {
  const log = await logs.open(name, { mustExist: false, ...(needs === undefined ? {} : { needs }) })
  if ('heldBy' in log) throw new Error(`held by ${log.heldBy.node}`)
  return log
}

/** Ends the lease of the node that has a session open, as if it had died long ago. */
export async function endLease(engine: LogEngine, logs: SessionLogs, name: SessionName): Promise<void> {
  const owner = await logs.ownerOf(name)
  if (owner !== null) await engine.sql(`UPDATE @.nodes SET lease_until = 0 WHERE node = '${owner.node}'`)
}

/** Returns the records of an open log, `took` records as their epochs. */
export async function recordsOf(log: OpenLog): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const batch of log.records) for (const record of batch) all.push(shown(record))
  return all
}

function shown(record: { readonly type: string; readonly cell: number }): unknown {
  return record.type === 'took' && 'epoch' in record ? `took ${String(record.epoch)}` : record
}

/** A record with a number. */
export function note(n: number, text = ''): { readonly type: string; readonly cell: number; n: number; text: string } {
  return { type: 'note', cell: 1, n, text }
}

/** A record of about this many bytes. */
export function large(bytes: number): { readonly type: string; readonly cell: number; readonly text: string } {
  return { type: 'large', cell: 1, text: 'x'.repeat(bytes) }
}

export async function* batchesOf<Value>(...batches: readonly (readonly Value[])[]): AsyncGenerator<readonly Value[]> {
  yield* batches
}
