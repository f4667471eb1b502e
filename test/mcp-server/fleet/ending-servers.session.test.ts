import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Tool } from '../../../src/index.ts'
import { newFolder } from '../../support/folder.ts'
import { Gate } from '../../support/gate.ts'
import { serveHttp, createMcpServer } from '../../../src/mcp-server.ts'
import { sqliteStore } from '../../../src/store.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { call, startNode, tokens } from './fleet.ts'

const hosts = sharedHosts('in-process')

describe('the response to a call of a server that ends', () => {
  test('says that a tool which the client called itself may have had its effect', async () => {
    const gate = new Gate()
    const tool: Tool = { ...gate.tool, allowedCallers: ['direct'] }
    const node = await startNode({ path: join(newFolder(), 'store.db'), tools: [tool] })
    const calling = call(node.url, 'gate', {})
    await gate.called(1)
    await node[Symbol.asyncDispose]()
    const response = await calling
    expect([response.status, response.headers.get('retry-after')]).toEqual([502, null])
    expect(await response.json()).toMatchObject({ id: 7, error: { message: expect.stringContaining('may have had') } })
  })

  test('is 503 for each exec that does not run, and all others have run once', async () => {
    const gate = new Gate()
    const effects: unknown[] = []
    const act: Tool = { name: 'act', call: (input) => effects.push(input) }
    await using store = sqliteStore(join(newFolder(), 'store.db'))
    await using server = createMcpServer({ tools: [act, gate.tool], hosts, store })
    await using serving = await serveHttp(server, { tokens })
    // Its call of a tool keeps the server for a while after the start of its drain.
    const first = call(serving.url, 'exec', { code: 'await tools.gate({})' })
    await gate.called(1)
    const drain = { isOver: false }
    const drained = serving.drain({ timeoutMs: 300, yieldMs: 50 }).then(() => {
      drain.isOver = true
    })
    const statuses: number[] = []
    for (let n = 0; !drain.isOver; n++) {
      const response = await call(serving.url, 'exec', { code: `await tools.act({ n: ${n} })` }).catch(() => null)
      if (response === null) break
      const text = await response.text()
      statuses.push(response.status)
      if (response.status === 200) expect(text).toMatch(/Script (completed|running)/)
      else {
        expect([response.status, response.headers.get('retry-after')], text).toEqual([503, '1'])
        expect(effects).not.toContainEqual({ n })
      }
      if (statuses.includes(503)) gate.open(null)
    }
    await drained
    expect(await (await first).text()).toContain('Script running with cell ID 1')
    // Those before the end of the drain can all come late.
    expect(statuses).toContain(503)
    expect(new Set(effects.map((effect) => JSON.stringify(effect))).size).toBe(effects.length)
  })
})
