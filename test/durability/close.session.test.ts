import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CodecellError, createSession, type SessionOptions } from '../../src/index.ts'
import { sqliteStore } from '../../src/store.ts'
import { newFolder } from '../support/folder.ts'
import { Gate } from '../support/gate.ts'
import { sharedHosts } from '../support/hosts.ts'

const hosts = sharedHosts('in-process')
const program = 'text(await tools.gate({ key: "a" })); await tools.gate({ key: "b" })'

type Location = { readonly options: Pick<SessionOptions, 'storage' | 'store'> } & AsyncDisposable
const locations: readonly [string, () => Location][] = [
  ['a folder', () => ({ options: { storage: newFolder() }, [Symbol.asyncDispose]: () => Promise.resolve() })],
  [
    'a shared store',
    () => {
      const store = sqliteStore(join(newFolder(), 'sessions.db'))
      return { options: { store }, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
    },
  ],
]

test.each(locations)(
  'a call in progress may return within graceMs while a session in %s closes, and the next owner has its result',
  async (_, newLocation) => {
    await using location = newLocation()
    const gate = new Gate()
    const open = () => createSession({ ...location.options, sessionId: 's', hosts, tools: [gate.tool] })
    const first = await open()
    await first.execute(program, { yieldTimeMs: 0 })
    await gate.called(1)
    const closed = first.close({ graceMs: 600_000 })
    gate.open('returned late')
    await closed
    expect(gate.calls).toHaveLength(1)
    await using second = await open()
    await gate.called(2)
    expect(gate.keys).toEqual(['a', 'b'])
    expect(await second.observe('1', { yieldTimeMs: 0 })).toMatchObject({ items: [{ text: 'returned late' }] })
    await second.terminate('1')
  },
)

test.each(locations)(
  'a session in %s closes at once with graceMs 0, and the call is unknown',
  async (_, newLocation) => {
    await using location = newLocation()
    const gate = new Gate()
    const open = () => createSession({ ...location.options, sessionId: 's', hosts, tools: [gate.tool] })
    const first = await open()
    await first.execute(program, { yieldTimeMs: 0 })
    await gate.called(1)
    await first.close({ graceMs: 0 })
    await using second = await open()
    expect(await second.observe('1')).toMatchObject({ type: 'failed', errorText: expect.stringContaining('unknown') })
    expect(gate.calls).toHaveLength(1)
  },
)

test.each([-1, 1.5, Number.NaN, 2 ** 31, '5'])(
  'close refuses graceMs %s, and the session stays open',
  async (graceMs) => {
    await using session = await createSession({ hosts })
    expect(() => Reflect.apply(session.close.bind(session), undefined, [{ graceMs }])).toThrow(CodecellError)
    expect(await session.execute('text(1)')).toMatchObject({ type: 'completed' })
  },
)
