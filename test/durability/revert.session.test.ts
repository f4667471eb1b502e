import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { CodecellError, createSession, openSession, type SessionOptions, type Tool } from '../../src/index.ts'
import { storedAt } from '../support/store-of.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'

let folder = ''
beforeEach(() => {
  folder = newFolder()
})

const hosts = sharedHosts('in-process')

/** A shop whose tools create and delete things. */
class Shop {
  readonly things = new Set<string>()
  readonly asked: unknown[] = []
  #count = 0

  get tools(): readonly Tool[] {
    return [
      {
        name: 'create',
        inputSchema: { type: 'object', properties: { name: { type: 'string' } } },
        call: (input) => {
          const id = `thing-${++this.#count}`
          this.things.add(id)
          return { id, input }
        },
        revert: ({ input, result, key }) => {
          this.asked.push({ input, result, key })
          const { id } = Object(result)
          if (!this.things.delete(String(id))) throw new Error(`no ${String(id)}`)
        },
      },
      { name: 'mail', call: () => 'sent' },
      { name: 'refuse', call: () => Promise.reject(new Error('no')) },
      { name: 'lose', call: () => Promise.reject(new CodecellError('TOOL_OUTCOME_UNKNOWN', 'the line broke')) },
    ]
  }
}

const program = `
  await tools.create({ name: 'a' })
  await tools.mail()
  await tools.refuse().catch(() => 0)
  await tools.lose().catch(() => 0)
  await tools.create({ name: 'b' })
`

const base = (key: number, identifier: string): object => ({
  callId: `tool-${key}`,
  key: expect.stringMatching(new RegExp(`^shop/1/tool-${key}(?:~\\w+)?$`)),
  identifier,
})

const middle = [
  { ...base(4, 'lose'), type: 'unknown', text: 'it is unknown whether the call was applied: the line broke' },
  { ...base(2, 'mail'), type: 'not_revertible', text: 'tool `mail` does not define `revert`' },
]

test.each([
  ['in memory', (): SessionOptions => ({})],
  ['in a folder', (): SessionOptions => ({ storage: folder })],
  ['in a shared store', (): SessionOptions => storedAt(`sqlite:${join(folder, 'store.db')}`)],
])('revert() reverts the calls of a cell of a session %s once, starting with the last call', async (_, where) => {
  const shop = new Shop()
  const events: unknown[] = []
  const listener = {
    onEvent: (event: { readonly type: string }) => {
      if (event.type === 'call_reverted') events.push(event)
    },
  }
  const options = { ...where(), sessionId: 'shop', hosts, tools: shop.tools, listeners: [listener] }
  await using session = await createSession(options)
  expect(await session.execute(program)).toMatchObject({ type: 'completed' })
  const first = await session.revert('1')
  expect(first).toEqual({
    cellId: '1',
    calls: [
      { ...base(5, 'create'), type: 'reverted', text: null },
      ...middle,
      { ...base(1, 'create'), type: 'reverted', text: null },
    ],
  })
  expect([...shop.things]).toEqual([])
  expect(shop.asked).toEqual([
    {
      input: { name: 'b' },
      result: { id: 'thing-2', input: { name: 'b' } },
      key: expect.stringMatching(/^shop\/1\/tool-5(?:~\w+)?$/),
    },
    {
      input: { name: 'a' },
      result: { id: 'thing-1', input: { name: 'a' } },
      key: expect.stringMatching(/^shop\/1\/tool-1(?:~\w+)?$/),
    },
  ])
  expect(events).toHaveLength(4)
  expect(events[0]).toEqual({
    ...base(5, 'create'),
    type: 'call_reverted',
    cellId: '1',
    result: 'reverted',
    text: null,
  })
  expect((await session.revert('1')).calls.map(({ type }) => type)).toEqual([
    'already_reverted',
    'unknown',
    'not_revertible',
    'already_reverted',
  ])
  expect(shop.asked).toHaveLength(2)
  expect(session.ledger('1').map(({ reverted }) => reverted?.type ?? null)).toEqual([
    'reverted',
    null,
    null,
    null,
    'reverted',
  ])
})

test('revert() continues after a failure, and the next revert() retries it', async () => {
  let broken = true
  const reverted: number[] = []
  const tool: Tool = {
    name: 'add',
    call: (input) => input,
    revert: ({ input }) => {
      const { n } = Object(input)
      if (broken && n === 2) throw new Error('locked')
      reverted.push(Number(n))
    },
  }
  await using session = await createSession({ hosts, tools: [tool] })
  await session.execute('for (const n of [1, 2, 3]) await tools.add({ n })')
  const { calls } = await session.revert('1')
  expect(calls.map(({ type, text }) => [type, text])).toEqual([
    ['reverted', null],
    ['failed', 'locked'],
    ['reverted', null],
  ])
  expect(session.ledger('1')[1]?.reverted).toEqual({ type: 'failed', at: expect.any(Number), note: 'locked' })
  broken = false
  expect((await session.revert('1')).calls.map(({ type }) => type)).toEqual([
    'already_reverted',
    'reverted',
    'already_reverted',
  ])
  expect(reverted).toEqual([3, 1, 2])
})

test('concurrent calls of revert() share one revert', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  let asked = 0
  const tool: Tool = {
    name: 'add',
    call: () => 1,
    revert: () => {
      asked++
      return promise
    },
  }
  await using session = await createSession({ hosts, tools: [tool] })
  await session.execute('await tools.add()')
  const both = [session.revert('1'), session.revert('1')]
  resolve()
  const [left, right] = await Promise.all(both)
  expect(left).toEqual(right)
  expect(asked).toBe(1)
})

test.each([
  [true, ['reverted', null], 2],
  [false, ['unknown', 'it is unknown whether the call was reverted: the tool did not respond within 40 ms'], 1],
])(
  'a session retries a revert that timed out only when the tool is idempotent (%s)',
  async (idempotent, second, times) => {
    let asked = 0
    const tool: Tool = {
      name: 'add',
      idempotent,
      call: () => 1,
      revert: () => (++asked === 1 ? new Promise(() => undefined) : null),
    }
    await using session = await createSession({
      hosts,
      tools: [tool],
      limits: { toolTimeoutMs: 40 },
    })
    await session.execute('await tools.add()')
    const resultOf = async (): Promise<unknown> => {
      const [call] = (await session.revert('1')).calls
      return [call?.type, call?.text]
    }
    expect(await resultOf()).toEqual([
      'unknown',
      'it is unknown whether the call was reverted: the tool did not respond within 40 ms',
    ])
    expect(await resultOf()).toEqual(second)
    expect(asked).toBe(times)
  },
)

test('revert() reverts a cell of an earlier process with the current tools', async () => {
  const shop = new Shop()
  const options = { hosts, storage: folder, sessionId: 'shop' }
  {
    await using session = await createSession({ ...options, tools: shop.tools })
    await session.execute('await tools.create({}); await tools.create({})')
  }
  const without = await openSession({ ...options, sessionId: 'shop' })
  expect((await without.revert('1')).calls.map(({ type, text }) => [type, text])).toEqual([
    ['not_revertible', 'the session does not have the tool `create`'],
    ['not_revertible', 'the session does not have the tool `create`'],
  ])
  await without.close()
  await using session = await openSession({ ...options, sessionId: 'shop', tools: shop.tools })
  expect((await session.revert('1')).calls.map(({ type }) => type)).toEqual(['reverted', 'reverted'])
  expect([...shop.things]).toEqual([])
})

test('revert() rejects a running or unknown cell, and does nothing for a cell without calls', async () => {
  await using session = await createSession({ hosts, tools: [] })
  const running = await session.execute('await new Promise((go) => setTimeout(go, 1e6))', { yieldTimeMs: 0 })
  expect(running.type).toBe('yielded')
  await expect(session.revert('1')).rejects.toMatchObject({ code: 'CELL_RUNNING' })
  await session.terminate('1')
  expect(await session.revert('1')).toEqual({ cellId: '1', calls: [] })
  await expect(session.revert('7')).rejects.toMatchObject({ code: 'CELL_NOT_FOUND' })
  await session.close()
  await expect(session.revert('1')).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
})
