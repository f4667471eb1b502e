import { mkdirSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createSession, provideResult, type Session, type SessionOptions } from '../../../src/index.ts'
import { sqliteStore } from '../../../src/store.ts'
import { logLine } from '../../../src/storage/disk/files/checksummed-line.ts'
import { LogStore } from '../../../src/storage/shared/shared-store.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'
import { DeferringTool, source } from '../deferred/deferring-session.ts'
import { storedInboxOf } from '../../../src/session/inbox/stored-inbox.ts'
import { storedPlaces } from './stored-places.ts'

const decision = {
  key: 'k',
  id: 'r',
  by: null,
  type: 'allow',
  calls: null,
  reason: null,
  inputHash: 'h',
  toolDigest: null,
  at: 1,
}

/** The bodies that no session can apply, by kind. */
const malformed: readonly (readonly [kind: string, body: unknown])[] = [
  ['-', {}],
  ['later_kind', { key: 'k' }],
  ['toString', { key: 'k' }],
  ['tool_result', null],
  ['tool_result', []],
  ['tool_result', { key: 'k' }],
  ['tool_result', { key: 1, id: null, type: 'tool_response', body: '1', at: 1 }],
  ['tool_result', { key: 'k', id: {}, type: 'tool_response', body: '1', at: 1 }],
  ['tool_result', { key: 'k', id: null, type: 'text', body: '1', at: 1 }],
  ['tool_result', { key: 'k', id: null, type: 'tool_error', body: {}, at: 1 }],
  ['tool_result', { key: 'k', id: null, type: 'tool_error', body: '', at: 'now' }],
  ['decision', {}],
  ['decision', { ...decision, key: null }],
  ['decision', { ...decision, id: 'x'.repeat(201) }],
  ['decision', { ...decision, by: 7 }],
  ['decision', { ...decision, by: 'x'.repeat(201) }],
  ['decision', { ...decision, type: 'toString' }],
  ['decision', { ...decision, calls: 3 }],
  ['decision', { ...decision, type: 'allow_in_cell' }],
  ['decision', { ...decision, type: 'allow_in_cell', calls: 1e99 }],
  ['decision', { ...decision, type: 'allow_in_cell', calls: -1 }],
  ['decision', { ...decision, type: 'deny', reason: 'x'.repeat(10_001) }],
  ['decision', { ...decision, inputHash: undefined }],
  ['decision', { ...decision, toolDigest: [] }],
  ['decision', { ...decision, at: null }],
  ['termination', { key: 1, at: 1 }],
  ['termination', { key: '1' }],
]

type Place = {
  readonly open: (options: SessionOptions) => Promise<Session>
  /** Leaves entries that no session can apply, and returns their number. */
  readonly leaveMalformed: () => Promise<number>
  readonly provide: (key: string) => Promise<void>
  /** The number of entries that the owner has not removed. */
  readonly count: () => Promise<number>
}

function inFolder(): Place {
  const storage = newFolder()
  const inbox = join(storage, 's', 'inbox')
  const nameOf = (index: number): string => `${String(index).padStart(64, '0')}.json`
  return {
    open: async (options) =>
      await createSession({ storage, sessionId: 's', hosts: sharedHosts('in-process'), ...options }),
    leaveMalformed: async () => {
      mkdirSync(inbox, { recursive: true })
      const bodies = malformed.map(([kind, body]) =>
        body === null || Array.isArray(body) ? { kind } : { kind, ...Object(body) },
      )
      for (const [index, body] of bodies.entries()) {
        const name = nameOf(index)
        writeFileSync(join(inbox, name), logLine(name, 0, body))
      }
      const next = bodies.length
      writeFileSync(join(inbox, nameOf(next)), '')
      truncateSync(join(inbox, nameOf(next)), 2 ** 40)
      mkdirSync(join(inbox, nameOf(next + 1)))
      symlinkSync('/dev/zero', join(inbox, nameOf(next + 2)))
      return next + 3
    },
    provide: async (key) => await provideResult({ storage, sessionId: 's', key, result: 'ok' }),
    count: async () => readdirSync(inbox).filter((name) => !name.endsWith('.refused')).length,
  }
}

function inSharedStore(): Place {
  const path = join(newFolder(), 'store.db')
  const store = sqliteStore(path)
  onTestFinished(async () => await store[Symbol.asyncDispose]())
  const name = { tenant: 'default', id: 's' }
  return {
    open: async (options) =>
      await createSession({ store, sessionId: 's', hosts: sharedHosts('in-process'), ...options }),
    leaveMalformed: async () => {
      const logs = await LogStore.logsOf(store)
      for (const [index, [kind, body]] of malformed.entries()) await logs.post(name, { id: `m-${index}`, kind, body })
      await logs.post(name, { id: 'not-json', kind: 'tool_result', body: {} })
      using database = new DatabaseSync(path)
      database.exec(`UPDATE inbox SET body = '{' WHERE entry_id = 'not-json'`)
      return malformed.length + 1
    },
    provide: async (key) => await provideResult({ store, sessionId: 's', key, result: 'ok' }),
    count: async () => (await (await LogStore.logsOf(store)).read(name)).entries.length,
  }
}

/** Returns the warnings about inboxes from here on. */
function warningsOf(): readonly string[] {
  const warnings: string[] = []
  const spy = vi.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(String(text)))
  onTestFinished(() => spy.mockRestore())
  return warnings
}

describe.each([
  ['a folder', inFolder],
  ['a shared store', inSharedStore],
])('entries that no session can apply, in %s,', (_, place) => {
  test('neither keep a session from opening nor a result from its call, and are reported once', async () => {
    const warnings = warningsOf()
    const { open, leaveMalformed, provide, count } = place()
    const review = new DeferringTool()
    const first = await open({ tools: [review.tool] })
    await first.execute(source, { yieldTimeMs: 600_000 })
    await first.close()
    const left = await leaveMalformed()
    await provide(review.key())
    await using second = await open({ tools: [review.tool] })
    expect(textsOf(await second.observe('1', { yieldTimeMs: 600_000 }))).toEqual(['ok'])
    expect(warnings).toEqual([
      expect.stringMatching(new RegExp(`^Session "s": Refused an entry of the inbox: .* \\(and ${left - 1} more\\)$`)),
    ])
    await vi.waitFor(async () => expect(await count()).toBe(0), { timeout: 60_000 })
  })

  test('do not stop a session that is open', async () => {
    const warnings = warningsOf()
    const { open, leaveMalformed, provide, count } = place()
    const review = new DeferringTool()
    await using session = await open({ tools: [review.tool] })
    await session.execute(source, { yieldTimeMs: 600_000 })
    await leaveMalformed()
    await provide(review.key())
    expect(textsOf(await session.observe('1', { yieldTimeMs: 600_000 }))).toEqual(['ok'])
    await vi.waitFor(async () => expect(await count()).toBe(0), { timeout: 60_000 })
    expect(warnings.length).toBeGreaterThan(0)
  })
})

test.each(Object.entries(storedPlaces))(
  'entries about calls and cells that do not exist, in %s, have no effect',
  async (_, place) => {
    const warnings = warningsOf()
    const { at, open } = await place()
    const review = new DeferringTool()
    await using session = await open({ tools: [review.tool] })
    await session.execute(source, { yieldTimeMs: 600_000 })
    const inbox = storedInboxOf(at)
    for (const key of [
      '',
      '99',
      '-1',
      '1.0',
      '__proto__',
      's/1/tool-1',
      's/99/tool-1~x',
      review.key(),
      'x'.repeat(100_000),
    ]) {
      await inbox.leave({ ...decision, kind: 'decision', type: 'allow', key })
      await inbox.leave({ kind: 'termination', key, at: 1 })
      if (key !== review.key())
        await inbox.leave({ kind: 'tool_result', id: null, type: 'tool_response', body: '1', key, at: 1 })
    }
    await provideResult({ ...at, key: review.key(), result: 'ok' })
    expect(textsOf(await session.observe('1', { yieldTimeMs: 600_000 }))).toEqual(['ok'])
    expect(warnings).toEqual([])
  },
)
