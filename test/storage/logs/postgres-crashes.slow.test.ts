import { join } from 'node:path'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openPostgresLogs } from '../../../src/storage/logs/postgres/open-postgres-logs.ts'
import type { SessionLogs } from '../../../src/storage/logs/session-logs.ts'
import { LossyProxy } from '../../support/postgres/lossy-proxy.ts'
import {
  PostgresServer,
  type ServerFiles,
  type ServerSettings,
  unavailable,
} from '../../support/postgres/postgres-server.ts'
import { runSql, skippedWithoutPostgres } from '../../support/postgres/shared-server.ts'
import { type LogEngine, newName, newSqliteEngine, note, nothing, opened } from './engine.ts'
import { again, fightForSessions, randomOf } from './random-owners.ts'

const leaseMs = 600_000

/** Starts a server that only this test uses. */
async function newServer(settings?: ServerSettings, files?: ServerFiles): Promise<PostgresServer> {
  const server = await PostgresServer.start(settings, files)
  onTestFinished(() => server.stop())
  return server
}

describe.skipIf(skippedWithoutPostgres() !== null || unavailable() !== null)('crashes of PostgreSQL', () => {
  test.for([1, 2])('nodes keep every confirmed record while the server crashes, with seed %d', async (seed) => {
    const server = await newServer()
    const url = server.url()
    const engine: LogEngine = {
      start: () => openPostgresLogs(pg, url, { leaseMs }),
      sql: (sql) => runSql(url, sql.replaceAll('@.', 'codecell.')),
    }
    const random = randomOf(seed)
    const proxy = await LossyProxy.start(url)
    const node = async (): Promise<SessionLogs> => {
      const logs = await again(() => openPostgresLogs(pg, proxy.url, { leaseMs }))
      onTestFinished(() => logs[Symbol.asyncDispose]())
      return logs
    }
    const nodes = [await node(), await node(), await node(), await node()]
    proxy.lose(() => random() < 0.02)
    let crash: Promise<void> | null = null
    const disturb = async (): Promise<void> => {
      if (random() < 0.7) {
        const terminate = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()'
        await again(() => runSql(url, terminate))
        return
      }
      crash ??= server.crash().finally(() => {
        crash = null
      })
      await crash
    }
    await fightForSessions({ engine, nodes, random, operations: 150, disturb })
  })

  test('an append that is under way when the server crashes is on record once', async () => {
    const server = await newServer()
    const logs = await openPostgresLogs(pg, server.url(), { leaseMs })
    onTestFinished(() => logs[Symbol.asyncDispose]())
    const name = newName()
    const log = await opened(logs, name)
    for (let round = 0; round < 5; round++) {
      const appends = [0, 1, 2, 3].map((n) => log.append([note(round * 4 + n)], nothing))
      await server.crash()
      await Promise.all(appends)
    }
    const { records } = await logs.read(name)
    expect(records.slice(1)).toStrictEqual(Array.from({ length: 20 }, (_, n) => note(n)))
  })

  test('a server without fsync is refused', async () => {
    const server = await newServer({ fsync: 'off' })
    await expect(openPostgresLogs(pg, server.url())).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('fsync is off'),
    })
  })

  test('the URL says how the certificate of the server is checked', async () => {
    const certificate = join(import.meta.dirname, '../../fixtures/tls/server.crt')
    const key = join(import.meta.dirname, '../../fixtures/tls/server.key')
    const server = await newServer({ ssl: 'on' }, { 'server.crt': certificate, 'server.key': key })
    const url = server.url()
    await expect(openPostgresLogs(pg, `${url}?sslmode=verify-full`)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('add sslrootcert='),
    })
    const logs = await openPostgresLogs(pg, `${url}?sslmode=verify-full&sslrootcert=${certificate}`)
    onTestFinished(() => logs[Symbol.asyncDispose]())
    await (await opened(logs, newName())).append([note(1)], nothing)
    await expect(openPostgresLogs(pg, `${url}?sslmode=verify-full&sslrootcert=/missing.pem`)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    })
  })
})

describe('many random runs on SQLite', () => {
  test.for([11, 12, 13])('nodes that fight for sessions keep every confirmed record, with seed %d', async (seed) => {
    const engine = await newSqliteEngine()
    const nodes = await Promise.all(Array.from({ length: 4 }, () => engine.start()))
    await fightForSessions({ engine, nodes, random: randomOf(seed), operations: 150 })
  })
})
