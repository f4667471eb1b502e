import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import { isRecord } from '../../../src/protocol/json.ts'
import { unavailable } from './postgres-server.ts'
import { runFolderVariable } from './run-folder.ts'

/**
 * Returns the reason why tests with PostgreSQL are skipped; null: they run. In CI, a missing server is an error: a
 * skipped test shows nothing.
 */
export function skippedWithoutPostgres(): string | null {
  const reason = process.env['DATABASE_URL'] === undefined ? unavailable() : null
  if (reason === null) return null
  const text = `Tests with PostgreSQL cannot run: ${reason}; set DATABASE_URL to the URL of a server for a superuser`
  if (process.env['CI'] !== undefined || process.env['CODECELL_REQUIRE_POSTGRES'] !== undefined) throw new Error(text)
  console.error(text)
  return text
}

/** Returns the URL of the server of this run, for a superuser. The first caller starts it. */
async function sharedPostgres(): Promise<string> {
  const given = process.env['DATABASE_URL']
  if (given !== undefined) return given
  const folder = process.env[runFolderVariable]
  if (folder === undefined) throw new Error(`expected the environment variable ${runFolderVariable}`)
  if (isFirst(folder)) {
    const script = new URL('keep-server.ts', import.meta.url).pathname
    const args = ['--disable-warning=ExperimentalWarning', script, folder]
    spawn(process.execPath, args, { detached: true, stdio: 'ignore' }).unref()
  }
  const path = join(folder, 'server.json')
  // waits because another process starts the server
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 20))
  const result: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (isRecord(result) && typeof result['url'] === 'string') return result['url']
  throw new Error(`Cannot start PostgreSQL: ${readFileSync(path, 'utf8')}`)
}

let schemas = 0

/** Returns the URL of a schema that does not exist yet. `after` is `onTestFinished` or `afterAll`, and removes it. */
export async function newSchema(
  after: (cleanup: () => Promise<void>) => void = onTestFinished,
): Promise<{ readonly url: string; readonly schema: string }> {
  const url = new URL(await sharedPostgres())
  const schema = `test_${process.pid}_${schemas++}_${Date.now().toString(36)}`
  url.searchParams.set('schema', schema)
  after(() => runSql(url.href, `DROP SCHEMA IF EXISTS ${schema} CASCADE`))
  return { url: url.href, schema }
}

/** Runs SQL on a connection of its own. */
export async function runSql(url: string, sql: string): Promise<void> {
  await querySql(url, sql)
}

export async function querySql(url: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const address = new URL(url)
  address.searchParams.delete('schema')
  const client = new pg.Client({ connectionString: address.href })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query(sql)
    return rows
  } finally {
    await client.end()
  }
}

function isFirst(folder: string): boolean {
  try {
    mkdirSync(join(folder, 'starting'))
    return true
  } catch {
    return false
  }
}
