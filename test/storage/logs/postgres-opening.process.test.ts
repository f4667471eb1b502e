import { createServer, type Socket } from 'node:net'
import { inspect } from 'node:util'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openPostgresLogs, type PostgresLogsOptions } from '../../../src/storage/logs/postgres/open-postgres-logs.ts'
import type { SessionLogs } from '../../../src/storage/logs/session-logs.ts'
import { newSchema, querySql, runSql, skippedWithoutPostgres } from '../../support/postgres/shared-server.ts'
import { newName, note, nothing, opened } from './engine.ts'

const secret = 'sEcret/&%'

async function open(url: string, options?: PostgresLogsOptions): Promise<SessionLogs> {
  const logs = await openPostgresLogs(pg, url, options)
  onTestFinished(() => logs[Symbol.asyncDispose]())
  return logs
}

/** Returns the error of an opening, after checking that it does not show the password. */
async function failureOf(url: string, options?: PostgresLogsOptions): Promise<{ code: unknown; message: string }> {
  const error = await open(url, options).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof Error) || !('code' in error)) throw new Error('expected an error with a code')
  const shown = inspect(error, { depth: 10, showHidden: true })
  for (const part of [secret, encodeURIComponent(secret)]) expect(shown).not.toContain(part)
  return { code: error.code, message: error.message }
}

/** Returns the URL for a new role without rights. */
async function newRole(url: string): Promise<{ readonly url: string; readonly role: string }> {
  const role = `role_${new URL(url).searchParams.get('schema')}`
  await runSql(url, `CREATE ROLE ${role} LOGIN PASSWORD '${secret}'`)
  onTestFinished(async () => {
    await runSql(url, `DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`)
  })
  return { url: changed(url, { username: role, password: encodeURIComponent(secret) }), role }
}

function changed(
  url: string,
  parts: Partial<Pick<URL, 'username' | 'password' | 'pathname' | 'port' | 'host'>>,
): string {
  return Object.assign(new URL(url), parts).href
}

/** Returns the columns of all tables of a schema. */
async function tablesOf(url: string, schema: string): Promise<unknown> {
  return querySql(
    url,
    `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = '${schema}' ORDER BY 1, 2`,
  )
}

describe.skipIf(skippedWithoutPostgres() !== null)('opening a store in PostgreSQL', () => {
  test('nodes that open a new store at the same time create its tables once', async () => {
    const { url, schema } = await newSchema()
    const nodes = await Promise.all(Array.from({ length: 6 }, () => open(url)))
    for (const node of nodes) await opened(node, newName())
    expect(await querySql(url, `SELECT * FROM ${schema}.store_format`)).toStrictEqual([
      { id: 1, product: 'codecell session logs', format: 2 },
    ])
  })

  test('a wrong password, user or database is an error that says so', async () => {
    const { url } = await newSchema()
    const { url: roleUrl, role } = await newRole(url)
    const wrong = await failureOf(changed(roleUrl, { password: encodeURIComponent(`${secret}x`) }))
    expect(wrong.code).toBe('INVALID_OPTION')
    expect(wrong.message).toMatch(/password authentication failed for user .*; check user and password of the URL/)
    expect(await failureOf(changed(url, { username: 'missing_user' }))).toMatchObject({ code: 'INVALID_OPTION' })
    const missing = await failureOf(changed(roleUrl, { pathname: '/missing_database' }))
    expect(missing.message).toContain(`database "missing_database" does not exist; create the database`)
    expect([missing.code, missing.message.includes(role)]).toStrictEqual(['INVALID_OPTION', false])
  })

  test('a server that is not there, is silent or speaks another protocol is an error with its address', async () => {
    const { url } = await newSchema()
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      if (isHttp) socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    }).listen(0, '127.0.0.1')
    let isHttp = true
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    await expect.poll(() => server.listening).toBe(true)
    const address = server.address()
    const port = String(typeof address === 'object' && address !== null ? address.port : 0)
    const withSecret = changed(url, { password: encodeURIComponent(secret) })
    expect((await failureOf(changed(withSecret, { port }))).message).toContain(`127.0.0.1:${port}`)
    isHttp = false
    const silent = await failureOf(changed(withSecret, { port }), { statementMs: 200 })
    expect(silent).toMatchObject({ code: 'STORE_UNREACHABLE', message: expect.stringContaining('timeout') })
    expect(await failureOf(changed(withSecret, { port: '1' }))).toMatchObject({
      code: 'STORE_UNREACHABLE',
      message: expect.stringContaining('127.0.0.1:1'),
    })
    expect(await failureOf(changed(withSecret, { host: 'host.invalid' }))).toMatchObject({ code: 'STORE_UNREACHABLE' })
  })

  test('a server without TLS is refused if the URL asks for it', async () => {
    const { url } = await newSchema()
    const { code, message } = await failureOf(`${url}&sslmode=verify-full`)
    expect([code, message]).toStrictEqual(['INVALID_OPTION', expect.stringContaining('does not support SSL')])
  })

  test('a user without the right to create tables gets the statement to run, which is enough', async () => {
    const { url, schema } = await newSchema()
    const { url: roleUrl } = await newRole(url)
    const refused = await failureOf(roleUrl)
    expect(refused.code).toBe('INVALID_OPTION')
    expect(await tablesOf(url, schema)).toStrictEqual([])
    const statement = /run (CREATE SCHEMA .*)$/.exec(refused.message)?.[1]
    await runSql(url, String(statement))
    await opened(await open(roleUrl), newName())
  })

  test('a user without the right to use the tables gets the statement to run, which is enough', async () => {
    const { url } = await newSchema()
    const { url: roleUrl } = await newRole(url)
    await open(url)
    const refused = await failureOf(roleUrl)
    const statement = /run (GRANT .*)$/.exec(refused.message)?.[1]
    await runSql(url, String(statement))
    await opened(await open(roleUrl), newName())
  })

  test.for([
    {
      what: 'a table of the same name',
      sql: 'CREATE TABLE @.sessions (id int)',
      text: 'tables of another application',
    },
    { what: 'another table', sql: 'CREATE TABLE @.users (id int)', text: 'tables of another application' },
    { what: 'a view', sql: 'CREATE VIEW @.log AS SELECT 1', text: 'tables of another application' },
    {
      what: 'a table "store_format" with other columns',
      sql: 'CREATE TABLE @.store_format (version int)',
      text: 'tables of another application',
    },
    {
      what: 'a table "store_format" of another product',
      sql: "CREATE TABLE @.store_format (product text, format int); INSERT INTO @.store_format VALUES ('x', 1)",
      text: 'belongs to another application',
    },
    {
      what: 'an empty table "store_format"',
      sql: 'CREATE TABLE @.store_format (product text, format int)',
      text: 'has no row',
    },
  ])('a schema with $what is refused and not changed', async ({ sql, text }) => {
    const { url, schema } = await newSchema()
    await runSql(url, `CREATE SCHEMA ${schema}; ${sql.replaceAll('@.', `${schema}.`)}`)
    const before = await tablesOf(url, schema)
    const { code, message } = await failureOf(url)
    expect([code, message]).toStrictEqual(['INVALID_OPTION', expect.stringContaining(text)])
    expect(message).toContain('nothing was changed')
    expect(await tablesOf(url, schema)).toStrictEqual(before)
  })

  test.for([
    { what: 'a newer format', sql: 'UPDATE @.store_format SET format = 99', text: 'use a newer version' },
    { what: 'an unknown format', sql: 'UPDATE @.store_format SET format = -1', text: 'have format -1' },
    { what: 'missing tables', sql: 'DROP TABLE @.wakes, @.inbox', text: 'tables are missing: wakes, inbox' },
  ])('a store with $what is refused and not changed', async ({ sql, text }) => {
    const { url, schema } = await newSchema()
    await open(url)
    await runSql(url, sql.replaceAll('@.', `${schema}.`))
    const before = await tablesOf(url, schema)
    const { code, message } = await failureOf(url)
    expect([code, message]).toStrictEqual(['INVALID_OPTION', expect.stringContaining(text)])
    expect(await tablesOf(url, schema)).toStrictEqual(before)
  })

  /** Returns the tables to format 1. */
  const toFormat1 = (schema: string): string =>
    `ALTER TABLE ${schema}.nodes DROP COLUMN build, DROP COLUMN draining; UPDATE ${schema}.store_format SET format = 1`

  test('a store of format 1 is migrated with its sessions, while a node of the earlier version continues', async () => {
    const { url, schema } = await newSchema()
    const before = await open(url)
    const tables = await tablesOf(url, schema)
    const name = newName()
    await (await opened(before, name)).append([note(1)], nothing)
    await runSql(url, toFormat1(schema))
    const after = await Promise.all([open(url), open(url)])
    expect(await tablesOf(url, schema)).toStrictEqual(tables)
    expect(await querySql(url, `SELECT format FROM ${schema}.store_format`)).toStrictEqual([{ format: 2 }])
    expect(await after[0].ownerOf(name)).not.toBeNull()
    // The statement of a node of format 1.
    const renewal = `INSERT INTO ${schema}.nodes (node, address, lease_until, alive_since) VALUES (gen_random_uuid(), NULL, 1, 1)`
    await runSql(url, renewal)
  })

  test('a user who does not own the tables gets the name of their owner, and nothing is changed', async () => {
    const { url, schema } = await newSchema()
    const { url: roleUrl, role } = await newRole(url)
    await open(url)
    const rights = `GRANT CREATE, USAGE ON SCHEMA ${schema} TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA ${schema} TO ${role}`
    await runSql(url, `${rights}; ${toFormat1(schema)}`)
    const before = await tablesOf(url, schema)
    const { code, message } = await failureOf(roleUrl)
    const owner = new URL(url).username
    expect([code, message]).toStrictEqual(['INVALID_OPTION', expect.stringContaining('cannot change them')])
    expect(message).toContain(`as the owner of the tables, "${owner}"`)
    expect(await tablesOf(url, schema)).toStrictEqual(before)
    await open(url)
    await open(roleUrl)
  })

  test('a user whose commits are not synchronous is refused', async () => {
    const { url, schema } = await newSchema()
    const { url: roleUrl, role } = await newRole(url)
    await runSql(url, `CREATE SCHEMA ${schema} AUTHORIZATION ${role}; ALTER ROLE ${role} SET synchronous_commit = off`)
    const { code, message } = await failureOf(roleUrl)
    expect([code, message]).toStrictEqual(['INVALID_OPTION', expect.stringContaining('synchronous_commit is off')])
    expect(await tablesOf(url, schema)).toStrictEqual([])
  })

  test('the store does not show its password when it is inspected', async () => {
    const { url } = await newSchema()
    const { url: roleUrl } = await newRole(url)
    await runSql(
      url,
      `CREATE SCHEMA ${new URL(url).searchParams.get('schema')} AUTHORIZATION ${new URL(roleUrl).username}`,
    )
    const logs = await open(roleUrl)
    expect(inspect(logs, { depth: 10, showHidden: true })).not.toContain('sEcret')
  })
})
