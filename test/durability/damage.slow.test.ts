import {
  chmodSync,
  copyFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createSession, readSession, type Session, type Tool } from '../../src/index.ts'
import { newFolder } from '../support/folder.ts'
import { Gate } from '../support/gate.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'
import { EventWatch } from '../session/following/event-watch.ts'
import { DurableAgent } from './durable-process.ts'
import { sessionParts } from '../support/session-parts.ts'

const id = 'one'

async function open(root: string, tools: readonly Tool[] = []): Promise<Session> {
  return await createSession({ storage: root, sessionId: id, tools, hosts: sharedHosts('in-process') })
}

const waitingProgram = `for (const amount of [1111, 2222, 3333]) text(await tools.pay({ amount }))
await new Promise((resolve) => setTimeout(resolve, 3_600_000))`

/** Creates a session with a stored value, retained output, a completed request, and a cell that waits after three calls. */
async function makeSession(root: string): Promise<unknown[]> {
  const paid: unknown[] = []
  const pay: Tool = { name: 'pay', call: (input) => paid.push(input), revert: () => undefined }
  await using session = await open(root, [pay])
  await session.execute('store("balance", { euros: 4444 })', { requestId: 'request-5555' })
  await session.execute(waitingProgram, { yieldTimeMs: 0 })
  await expect.poll(() => session.ledger('2').map(({ state }) => state)).toEqual(['applied', 'applied', 'applied'])
  sessionParts(session).retainedOutputs.add('1', 'kept 6666', { isCut: true, isLast: true })
  return paid
}

async function openError(root: string, tools: readonly Tool[] = []): Promise<string> {
  const error: unknown = await open(root, tools).then(
    async (session) => await session.close(),
    (reason: unknown) => reason,
  )
  return error instanceof Error ? error.message : 'opened'
}

/** Returns every file of a session with its content. */
function contentOf(root: string): ReadonlyMap<string, string> {
  const folder = join(root, id)
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    names.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [path, readFileSync(path, 'base64')]
    }),
  )
}

/** Tables with a text in one of their rows. The test changes the last character of the text. */
const changes: readonly (readonly [table: string, text: string])[] = [
  ['cells', 'amount of [1111'],
  ['calls', '{"amount":2222'],
  ['reverts', '{"amount":3333'],
  ['stored_values', '{"euros":4444'],
  ['cells', 'request-5555'],
  ['kept_outputs', 'kept 6666'],
  ['catalogues', '"name":"pay'],
]

describe('a database of a session with one changed character', () => {
  test.each(changes)(
    'a session rejects a changed row of %s with the text %s, and leaves the file alone',
    async (table, text) => {
      const root = newFolder()
      const paid = await makeSession(root)
      const path = join(root, id, 'session.db')
      const content = readFileSync(path, 'latin1')
      expect(content).toContain(text)
      const changed = text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) ^ 1)
      writeFileSync(path, content.replaceAll(text, changed), 'latin1')
      expect(await openError(root)).toMatch(/^Cannot use ".*session\.db": a row of "\w+" \(.*\) is corrupt: /)
      expect(() => readSession({ storage: root, sessionId: id })).toThrow(
        'is corrupt: its content does not match its checksum',
      )
      expect(readFileSync(path, 'latin1')).toContain(changed)
      expect(paid).toHaveLength(3)
      expect(table).not.toBe('')
    },
  )
})

const journalChanges: readonly (readonly [name: string, change: (lines: string[]) => string[]])[] = [
  ['two lines are swapped', (lines) => lines.with(1, lines[2] ?? '').with(2, lines[1] ?? '')],
  ['the last two lines are swapped', (lines) => [...lines.slice(0, -2), ...lines.slice(-2).toReversed()]],
  ['a line is missing in its middle', (lines) => lines.toSpliced(2, 1)],
  ['its first line is missing', (lines) => lines.slice(1)],
  ['a line is duplicated', (lines) => lines.toSpliced(2, 0, lines[2] ?? '')],
  ['its last line is duplicated', (lines) => [...lines, lines.at(-1) ?? '']],
  ['one character of a line changes', (lines) => lines.with(1, (lines[1] ?? '').replace(/.}$/, '0}'))],
]

describe('a journal', () => {
  test.each(journalChanges)('a session rejects a journal when %s', async (_, change) => {
    const root = newFolder()
    await makeSession(root)
    const path = join(root, id, 'cells', '2.jsonl')
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    const changed = `${change(lines).join('\n')}\n`
    expect(changed).not.toBe(`${lines.join('\n')}\n`)
    writeFileSync(path, changed)
    expect(await openError(root)).toMatch(
      /2\.jsonl": the journal is corrupt after \d+ bytes: a line is changed, missing or out of order/,
    )
    expect(readFileSync(path, 'utf8')).toBe(changed)
  })

  test('a session rejects the journal of another cell', async () => {
    const root = newFolder()
    await makeSession(root)
    {
      await using session = await open(root, [{ name: 'pay', call: () => 1 }])
      await session.execute(waitingProgram, { yieldTimeMs: 0 })
      await expect.poll(() => session.ledger('3').length).toBe(3)
    }
    copyFileSync(join(root, id, 'cells', '3.jsonl'), join(root, id, 'cells', '2.jsonl'))
    expect(await openError(root)).toContain('2.jsonl": the journal is corrupt after 0 bytes')
  })

  test('a session rejects the journal of an unknown cell and deletes nothing', async () => {
    const root = newFolder()
    await makeSession(root)
    copyFileSync(join(root, id, 'cells', '2.jsonl'), join(root, id, 'cells', '9.jsonl'))
    expect(await openError(root)).toMatch(/9\.jsonl": the database has no record of this cell/)
    expect(readdirSync(join(root, id, 'cells')).toSorted()).toEqual(['2.jsonl', '9.jsonl'])
  })
})

describe('the journal of an evicted cell in a running session', () => {
  const losses: readonly (readonly [name: string, lose: (path: string) => void, error: string])[] = [
    ['its journal is emptied', (path) => truncateSync(path), 'the journal is corrupt after 0 bytes'],
    [
      'its journal loses its last line',
      (path) => writeFileSync(path, withoutLastLine(path)),
      'the journal is corrupt after',
    ],
    ['its journal is removed', (path) => rmSync(path), 'the journal of a cell is missing'],
  ]

  test.each(losses)('a cell fails when %s', async (_, lose, error) => {
    const root = newFolder()
    const gate = new Gate()
    const watch = new EventWatch()
    await using session = await createSession({
      storage: root,
      sessionId: id,
      evictAfterMs: 0,
      tools: [gate.tool],
      listeners: [watch],
      hosts: sharedHosts('default'),
    })
    const source = 'await tools.gate({ key: "1" }); await tools.gate({ key: "2" })'
    const { cellId } = await session.execute(source, { yieldTimeMs: 0 })
    await watch.waitFor('cell_evicted', 1)
    gate.open(null, '1')
    await watch.waitFor('cell_evicted', 2)
    lose(join(root, id, 'cells', `${cellId}.jsonl`))
    gate.open(null, '2')
    const outcome = await session.observe(cellId, { yieldTimeMs: 600_000 })
    expect(outcome).toMatchObject({ type: 'failed', errorText: expect.stringContaining(error) })
  })
})

function withoutLastLine(path: string): string {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  return `${lines.slice(0, -1).join('\n')}\n`
}

describe('a session whose process was killed', () => {
  const folderOf = (root: string): string => join(root, 'kept')

  async function leaveKilledSession(root: string): Promise<void> {
    await using agent = await DurableAgent.start(root)
    void agent.ask('execute', 'await tools.book({ n: 1 }); await tools.book({ n: 2 })', { yieldTimeMs: 0 })
    await agent.called(1)
    agent.answer('kept/1/tool-1', 'one')
    await agent.called(2)
    await agent.kill()
  }

  const losses: readonly (readonly [name: string, lose: (folder: string) => void, names: string])[] = [
    ['its write-ahead log is missing', (folder) => rmSync(join(folder, 'session.db-wal')), 'session.db-wal'],
    ['its write-ahead log is empty', (folder) => truncateSync(join(folder, 'session.db-wal')), 'session.db-wal'],
    [
      'its write-ahead log and its index are missing',
      (folder) => ['session.db-wal', 'session.db-shm'].forEach((name) => rmSync(join(folder, name))),
      'session.db-wal',
    ],
    ['its database is missing', (folder) => rmSync(join(folder, 'session.db')), 'session.db'],
    [
      'its write-ahead log and the record of its last process are missing',
      (folder) => ['session.db-wal', 'lease.json'].forEach((name) => rmSync(join(folder, name))),
      '1.jsonl',
    ],
  ]

  test.each(losses)('createSession() rejects when %s, and deletes no journal', async (_, lose, names) => {
    const root = newFolder()
    await leaveKilledSession(root)
    lose(folderOf(root))
    const options = { storage: root, sessionId: 'kept', hosts: sharedHosts('in-process') }
    await expect(createSession(options)).rejects.toMatchObject({
      code: 'SESSION_INVALID',
      message: expect.stringContaining(names),
    })
    expect(readFileSync(join(folderOf(root), 'cells', '1.jsonl'), 'utf8')).toContain('"tool_response"')
  })

  test('createSession() rejects with the same reason at every attempt', async () => {
    const root = newFolder()
    await leaveKilledSession(root)
    rmSync(join(folderOf(root), 'cells', '1.jsonl'))
    const options = { storage: root, sessionId: 'kept', hosts: sharedHosts('in-process') }
    const reason = { code: 'SESSION_INVALID', message: expect.stringContaining('the journal of a cell is missing') }
    await expect(createSession(options)).rejects.toMatchObject(reason)
    await expect(createSession(options)).rejects.toMatchObject(reason)
  })

  test('createSession() opens a session with all of its files', async () => {
    const root = newFolder()
    await leaveKilledSession(root)
    await using session = await createSession({
      storage: root,
      sessionId: 'kept',
      hosts: sharedHosts('in-process'),
      tools: [],
    })
    expect(session.cells()).toEqual(['1'])
  })
})

test('no two calls have the same key after an older copy of a session is restored, or a session is created again', async () => {
  const root = newFolder()
  const keys: string[] = []
  const tools: readonly Tool[] = [{ name: 'pay', call: (_, { key }) => keys.push(key) }]
  const pay = async (amount: number): Promise<void> => {
    await using session = await open(root, tools)
    expect(textsOf(await session.execute(`text(await tools.pay({ amount: ${amount} }))`))).toEqual([
      String(keys.length),
    ])
  }
  await pay(1)
  cpSync(join(root, id), join(root, 'backup'), { recursive: true })
  await pay(2)
  rmSync(join(root, id), { recursive: true })
  cpSync(join(root, 'backup'), join(root, id), { recursive: true })
  await pay(3)
  rmSync(join(root, id), { recursive: true })
  await pay(4)
  expect(keys.map((key) => key.replace(/~\w+$/, ''))).toEqual([
    'one/1/tool-1',
    'one/2/tool-1',
    'one/2/tool-1',
    'one/1/tool-1',
  ])
  expect(new Set(keys).size).toBe(4)
})

test.skipIf(process.platform === 'win32')(
  'a session makes its files private, even when they were readable before',
  async () => {
    const root = newFolder()
    await makeSession(root)
    const folder = join(root, id)
    for (const path of [folder, join(folder, 'cells')]) chmodSync(path, 0o755)
    for (const path of contentOf(root).keys()) chmodSync(path, 0o644)
    await using session = await open(root, [{ name: 'pay', call: () => 1 }])
    expect(session.cells()).toEqual(['2'])
    const paths = [folder, join(folder, 'cells'), ...contentOf(root).keys()]
    expect(paths.filter((path) => (statSync(path).mode & 0o077) !== 0).map((path) => path.slice(root.length))).toEqual(
      [],
    )
  },
)
