import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { provideResult, readSessions } from '../../../src/index.ts'
import { sqliteStore } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { connectTo, exec, startNode, wait } from './fleet.ts'

async function sessionsOf(path: string): Promise<readonly unknown[]> {
  await using store = sqliteStore(path)
  return await readSessions({ store })
}

describe.each(['legacy', 'modern'] as const)('a session of a client of the %s era that only waits', (era) => {
  test('is released, its timers fire, and the next request gets the output', async () => {
    const path = join(newFolder(), 'store.db')
    const node = await startNode({ path, hibernateMs: 1, settings: { waitPolicy: 'exact' } })
    const { client } = await connectTo([node.url], { era, listens: false })
    const code =
      'text("before"); yield_control(); await new Promise((go) => setTimeout(go, 1500)); notify("news"); text("after")'
    expect(await exec(client, code)).toContain('cell ID 1')
    await expect.poll(() => sessionsOf(path), { timeout: 10_000 }).toMatchObject([{ openedBy: null }])
    await expect.poll(() => sessionsOf(path), { timeout: 20_000 }).toMatchObject([{ cells: { finished: 1 } }])
    const response = await wait(client, '1')
    expect(response).toContain('after')
    expect(response).toContain('news')
  })

  test('is opened by another server for the result of a deferred call', async () => {
    const path = join(newFolder(), 'store.db')
    const keys: string[] = []
    const tools = [
      {
        name: 'ask',
        call: (_input: unknown, context: { readonly key: string; defer(): unknown }) => {
          keys.push(context.key)
          return context.defer()
        },
      },
    ]
    const first = await startNode({ path, tools, hibernateMs: 1 })
    const { client } = await connectTo([first.url], { era, listens: false })
    expect(await exec(client, 'yield_control(); text(await tools.ask({}))')).toContain('cell ID 1')
    await expect.poll(() => sessionsOf(path), { timeout: 10_000 }).toMatchObject([{ openedBy: null }])
    await first[Symbol.asyncDispose]()
    await startNode({ path, tools, hibernateMs: 1 })
    await using store = sqliteStore(path)
    const [stored] = await readSessions({ store })
    await provideResult({ store, sessionId: stored?.id ?? '', key: keys[0] ?? '', result: 'later' })
    await expect.poll(() => sessionsOf(path), { timeout: 20_000 }).toMatchObject([{ cells: { finished: 1 } }])
  })
})
