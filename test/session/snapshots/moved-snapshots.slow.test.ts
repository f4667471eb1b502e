import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { postgresStore, pullSession, pushSession, sqliteStore } from '../../../src/store.ts'
import { builtProgram } from '../../support/built-program.ts'
import { newFolder } from '../../support/folder.ts'
import { newSchema, skippedWithoutPostgres } from '../../support/postgres/shared-server.ts'
import { begin, finish } from './counting-cell.ts'
import { expected } from './counting-program.ts'
import { Opening } from './durable-trial.ts'

const noPostgres = skippedWithoutPostgres()

async function newUrl(kind: 'SQLite' | 'PostgreSQL'): Promise<string> {
  return kind === 'SQLite' ? `sqlite:${join(newFolder(), 'store.db')}` : (await newSchema()).url
}

const kinds = [['SQLite'], ...(noPostgres === null ? [['PostgreSQL'] as const] : [])] as const

test.each(kinds)(
  'a cell resumes from its snapshot after its session was pushed to %s, and pulled back',
  async (kind) => {
    const [folder, other, url] = [newFolder(), newFolder(), await newUrl(kind)]
    await begin(folder)
    const store = url.startsWith('sqlite:') ? sqliteStore(url.slice('sqlite:'.length)) : postgresStore(url)
    onTestFinished(() => store[Symbol.asyncDispose]())
    await pushSession({ storage: folder, store, sessionId: 's' })
    {
      await using inStore = await Opening.at(url)
      await inStore.untilIdle()
      expect(inStore.hosts.typesOf('restore')).toEqual(['restore'])
      expect(inStore.warnings).toEqual([])
    }
    await pullSession({ storage: other, store, sessionId: 's' })
    await using pulled = await Opening.at(other)
    expect(await finish(pulled)).toEqual({ restores: 1, warnings: [] })
  },
)

test.runIf(noPostgres === null)('a cell of a session in PostgreSQL resumes from its snapshot', async () => {
  const { url } = await newSchema()
  await begin(url)
  await using second = await Opening.at(url)
  expect(await finish(second)).toEqual({ restores: 1, warnings: [] })
})

/** Other runtimes, as commands that run a module of JavaScript, each in a line of `CODECELL_RUNTIMES`. */
const runtimes = [process.execPath, ...(process.env['CODECELL_RUNTIMES'] ?? '').split('\n')].filter(
  (file) => basename(file) === 'node' && existsSync(file),
)

test.each(runtimes)(
  '%s resumes a cell from the snapshot of this process in a copied folder, and the reverse',
  async (runtime) => {
    const program = await builtProgram(new URL('../../durability/snapshot-agent.ts', import.meta.url))
    const run = async (file: string, ...args: string[]): Promise<string> =>
      (await promisify(execFile)(file, ['--disable-warning=ExperimentalWarning', program, ...args])).stdout
    for (const [first, second] of [
      [process.execPath, runtime],
      [runtime, process.execPath],
    ] as const) {
      const [from, to] = [newFolder(), newFolder()]
      await run(first, from, 'begin')
      await cp(from, to, { recursive: true })
      const result: unknown = JSON.parse(await run(second, to, 'finish'))
      expect(result).toEqual({ texts: expected, restores: 1, sent: 2, warnings: [] })
    }
  },
)
