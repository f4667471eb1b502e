import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { describe, expect, test } from 'vitest'
import { readSessions } from '../../src/index.ts'
import { sqliteStore } from '../../src/store.ts'
import { bin, childEnv, runCli } from '../support/cli.ts'
import { newFolder } from '../support/folder.ts'
import { negotiation, startHttp } from './served.ts'

const patient = ['--drain-timeout', '600000', '--drain-yield', '600000']
const waits = 'await new Promise((resolve) => setTimeout(resolve, 600_000))'

async function exec(client: Client, code: string): Promise<string> {
  const input = { name: 'exec', arguments: { code, yield_time_ms: 600_000 } }
  return JSON.stringify(await client.callTool(input, { timeout: 600_000 }))
}

/** Starts a server over HTTP, and a program that waits for longer than the test runs. */
async function serveWaiting(flags: readonly string[], read: () => unknown) {
  const server = await startHttp(['--no-token', '--max-yield', '600000', ...flags])
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: negotiation('modern') })
  await client.connect(new StreamableHTTPClientTransport(new URL(server.url)))
  const running = exec(client, waits)
  running.catch(() => undefined)
  await expect.poll(read).toMatchObject([{ cells: { running: 1 } }])
  return { server, client, running }
}

describe('codecell serve --http, after SIGTERM,', () => {
  test('responds to a program in a stored session, leaves it to the next process, and exits with 0', async () => {
    const folder = newFolder()
    const { server, client, running } = await serveWaiting(['--durable', folder, '--drain-yield', '0'], () =>
      readSessions({ storage: folder }),
    )
    server.run.child.kill('SIGTERM')
    expect(await running).toContain('Script running with cell ID 1')
    const { code, err } = await server.run.result
    expect([code, err]).toEqual([0, expect.stringContaining('\nDraining for at most 30000 ms\n')])
    expect(readSessions({ storage: folder })).toMatchObject([{ cells: { running: 1 }, openedBy: null }])
    await client.close()
  })

  test('waits for --drain-timeout, and exits at once after a second signal', async () => {
    const folder = newFolder()
    const { server, client, running } = await serveWaiting(['--durable', folder, ...patient], () =>
      readSessions({ storage: folder }),
    )
    server.run.child.kill('SIGTERM')
    await server.run.said('Draining for at most 600000 ms')
    const response = await fetch(new URL('/readyz', server.url))
    expect([response.status, await response.text()]).toEqual([503, 'draining\n'])
    // A second signal within 300 ms counts as the first.
    await expect
      .poll(() => {
        server.run.child.kill('SIGTERM')
        return server.run.child.exitCode
      })
      .toBe(130)
    await expect(running).rejects.toThrow()
    await client.close()
  })
})

test('codecell serve records in a shared store that it drains', async () => {
  const file = join(newFolder(), 'sessions.db')
  await using store = sqliteStore(file)
  const { server, client, running } = await serveWaiting(['--store', `sqlite:${file}`, ...patient], () =>
    readSessions({ store }),
  )
  using database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 })
  const drainingNodes = () => database.prepare('SELECT count(*) AS count FROM nodes WHERE draining').get()
  expect(drainingNodes()).toEqual({ count: 0 })
  server.run.child.kill('SIGTERM')
  await expect.poll(drainingNodes).toEqual({ count: 1 })
  server.run.child.kill('SIGKILL')
  await expect(running).rejects.toThrow()
  await client.close()
})

test('codecell serve on standard input responds to a program in a stored session after SIGTERM', async () => {
  const folder = newFolder()
  const client = new Client({ name: 'test', version: '1' })
  const args = [bin, 'serve', '--durable', folder, '--max-yield', '600000']
  const command = { command: process.execPath, args, env: childEnv(), stderr: 'ignore' as const, cwd: folder }
  const transport = new StdioClientTransport(command)
  await client.connect(transport)
  const running = exec(client, waits)
  await expect.poll(() => readSessions({ storage: folder })).toMatchObject([{ cells: { running: 1 } }])
  process.kill(transport.pid ?? 0, 'SIGTERM')
  expect(await running).toContain('Script running with cell ID 1')
  await client.close()
})

test.each([
  [['--drain-timeout', '5'], 'Cannot use --drain-timeout without --http'],
  [['--drain-yield', '5'], 'Cannot use --drain-yield without --http'],
  [
    ['--http', '--drain-timeout', '5', '--drain-yield', '6'],
    'Cannot use these times: expected --drain-yield to be at most 5',
  ],
  [['--http', '--drain-timeout', '86400001'], 'Cannot use these times: expected at most a day'],
])('codecell serve rejects the flags %j', async (args, text) => {
  expect(await runCli(['serve', ...args])).toMatchObject({ code: 2, err: `${text}\nSee: codecell help serve\n` })
})
