import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import {
  createSession,
  openSession,
  readSession,
  readSessions,
  type SessionOptions,
  type SessionReport,
} from '../../../src/index.ts'
import { sqliteStore } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { Gate } from '../../support/gate.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'
import { testEngine, testEngineVersion } from '../../support/engine.ts'

const hosts = sharedHosts('in-process')
let folder = ''
beforeEach(() => {
  folder = newFolder()
})

type Location = Pick<SessionOptions, 'storage' | 'store'>

const locations: readonly (readonly [what: string, locationOf: () => Location])[] = [
  ['a folder', () => ({ storage: folder })],
  [
    'a shared store',
    () => {
      const store = sqliteStore(join(folder, 'store.db'))
      onTestFinished(() => store[Symbol.asyncDispose]())
      return { store }
    },
  ],
]

async function reportOf({ storage, store }: Location): Promise<SessionReport> {
  const sessionId = 's'
  return store === undefined
    ? readSession({ storage: storage ?? folder, sessionId })
    : await readSession({ store, sessionId })
}

test.each(locations)(
  'the engine of each running cell of a session in %s is on record, and reports count the cells by engine',
  async (_what, locationOf) => {
    const location = locationOf()
    const gate = new Gate()
    await using session = await createSession({ ...location, sessionId: 's', hosts, tools: [gate.tool] })
    await session.execute('text(1)')
    for (let cell = 0; cell < 2; cell++) {
      await session.execute('text(await tools.gate({}))', { yieldTimeMs: 0 })
      await gate.called(cell + 1)
    }
    const report = await reportOf(location)
    const engine = { name: testEngine, version: testEngineVersion, prelude: expect.stringMatching(/^[\da-f]{16}$/) }
    expect(report.cellList.map((cell) => cell.engine)).toEqual([
      null,
      expect.objectContaining(engine),
      expect.objectContaining(engine),
    ])
    expect(report.engines).toEqual([
      { id: expect.stringMatching(/^[\da-f]{12}$/), engine: report.cellList[1]?.engine, cells: 2 },
    ])
    const { storage, store } = location
    const listed = store === undefined ? readSessions({ storage: storage ?? folder }) : await readSessions({ store })
    expect(listed).toMatchObject([{ id: 's', engines: report.engines }])
    while (gate.open(0));
  },
)

/** Removes the engine from the lines of a journal, as an older version wrote them. */
function withoutEngine(path: string): void {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const older = lines.map((line) => line.slice(9).replace(/,"engine":\{[^}]*\}/, ''))
  writeFileSync(path, older.map((text) => `${crcOf(text)} ${text}\n`).join(''))
}

function crcOf(text: string): string {
  return crc32(Buffer.from(text)).toString(16).padStart(8, '0')
}

test('a journal without an engine, of an older version, is read and its cell resumes', async () => {
  const gate = new Gate()
  const options = { storage: folder, sessionId: 's', hosts, tools: [gate.tool] }
  const first = await createSession(options)
  await first.execute('text(await tools.gate({}))', { yieldTimeMs: 0 })
  await gate.called(1)
  const closed = first.close()
  gate.open('received')
  await closed
  const path = join(folder, 's', 'cells', '1.jsonl')
  withoutEngine(path)
  expect((await reportOf({ storage: folder })).engines).toEqual([{ id: null, engine: null, cells: 1 }])
  await using session = await openSession(options)
  expect(textsOf(await session.observe('1'))).toEqual(['received'])
})
