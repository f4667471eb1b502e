import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ContentItem } from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'
import { runEdited, type EditedRun } from '../../src/replay.ts'
import type { TraceBundle } from '../../src/trace.ts'
import { programs } from '../replay/programs.ts'
import { record } from '../trace/recorded.ts'

const tools = [
  { name: 'get', call: (input: unknown) => ({ got: input }) },
  { name: 'never', call: () => new Promise(() => undefined) },
  {
    name: 'fails',
    call() {
      throw new Error('no such thing')
    },
  },
]

const program = `
const first = await tools.get({ id: 1, kind: 'a' })
const again = await Promise.all([tools.get({ n: 2 }), tools.get({ n: 2 })])
await new Promise((done) => setTimeout(done, 5))
text(first.got.id)`

/** Records a program, and runs another one in its place. */
async function edit(recorded: string, source: string): Promise<EditedRun & { readonly items: readonly ContentItem[] }> {
  await using hosts = inProcessHostPool()
  const { bundle } = await record({ hosts, tools }, async ({ session }) => {
    const outcome = await session.execute(recorded)
    if (outcome.type === 'yielded') await session.terminate(outcome.cellId)
  })
  return await runIn(bundle, hosts, source)
}

async function runIn(
  bundle: TraceBundle,
  hosts: ReturnType<typeof inProcessHostPool>,
  source: string,
): Promise<EditedRun & { readonly items: readonly ContentItem[] }> {
  const [found] = bundle.cellRecords()
  if (found === undefined) throw new Error('there is no record')
  const items: ContentItem[] = []
  return { ...(await runEdited(bundle, found, { hosts, source, onItem: (item) => items.push(item) })), items }
}

test('an edited program gets the recorded answers, whatever the order of members and calls', async () => {
  const { end, items, used, unused } = await edit(
    program,
    `const n: number = 2
     const answers = await Promise.all([tools.get({ n }), tools.get({ kind: 'a', id: 1 })])
     text(answers)`,
  )
  expect(end).toEqual({ type: 'completed' })
  expect(items).toEqual([{ type: 'input_text', text: '[{"got":{"n":2}},{"got":{"id":1,"kind":"a"}}]' }])
  expect(used.map(({ id }) => id)).toEqual([2, 1])
  expect(unused).toEqual([{ id: 3, tool: 'get', input: '{"n":2}', place: { line: 3, column: 61 }, isAnswered: true }])
})

test('it stops at the first call that is not on record, and says which and where', async () => {
  const { end, items } = await edit(
    program,
    `text('before')\nawait tools.get({ n: 2 })\n  text(await tools.get({ n: 3 }))\ntext('after')`,
  )
  expect(items).toEqual([{ type: 'input_text', text: 'before' }])
  expect(end).toEqual({ type: 'unanswered', tool: 'get', input: '{"n":3}', place: { line: 3, column: 20 } })
})

test.each<[string, string, string, unknown, string[]]>([
  [
    'a third call where two are on record',
    program,
    'for (;;) text(await tools.get({ n: 2 }))',
    { type: 'unanswered', tool: 'get', input: '{"n":2}', place: { line: 1, column: 27 } },
    ['{"got":{"n":2}}', '{"got":{"n":2}}'],
  ],
  [
    'a recorded rejection',
    'await tools.fails().catch(text)',
    'try { await tools.fails() } catch (error) { text(`caught ${error}`) }',
    { type: 'completed' },
    ['caught no such thing'],
  ],
  [
    'a call that never was answered',
    'tools.never({}); yield_control(); await new Promise(() => {})',
    'text(1); await tools.never({})',
    { type: 'waiting' },
    ['1'],
  ],
  [
    'timers that take an hour by the recorded clock',
    program,
    `const start = Date.now()
     setTimeout(() => text('late'), 3_600_000); setTimeout(() => text('early'), 10); const id = setTimeout(text, 20)
     clearTimeout(id)
     await new Promise((done) => setTimeout(done, 3_600_000)); text(Date.now() - start >= 3_600_000)`,
    { type: 'completed' },
    ['early', 'late', 'true'],
  ],
  [
    'an error',
    program,
    'throw new Error("bad")',
    { type: 'failed', errorText: expect.stringMatching(/^Error: bad/) },
    [],
  ],
  ['no program', program, 'text(', { type: 'failed', errorText: expect.stringMatching(/^SyntaxError: /) }, []],
  ['a kept output', program, 'load("output:3")', { type: 'output_missing', output: 3 }, []],
])('%s', async (_name, recorded, source, end, texts) => {
  const { end: found, items } = await edit(recorded, source)
  expect(found).toEqual(end)
  expect(items).toEqual(texts.map((text) => ({ type: 'input_text', text })))
})

test('a program that sets timers without end is stopped', async () => {
  await using hosts = inProcessHostPool()
  const { bundle } = await record({ hosts }, async ({ session }) => await session.execute('text(1)'))
  const [found] = bundle.cellRecords()
  if (found === undefined) throw new Error('there is no record')
  const source = 'const go = () => setTimeout(go, 1000); go(); await new Promise(() => {})'
  expect(await runEdited(bundle, found, { hosts, source, cellMs: 300 })).toEqual({
    end: { type: 'stopped', reason: 'it took longer than 300 ms' },
    used: [],
    unused: [],
  })
})

test('a program that was not edited does what it did, generated programs too', async () => {
  await using hosts = inProcessHostPool()
  const ask = { name: 'ask', call: (input: unknown) => new Promise((done) => setImmediate(() => done({ input }))) }
  const same = fc.asyncProperty(programs, async (source) => {
    const seen: ContentItem[] = []
    const { bundle } = await record({ hosts, tools: [ask] }, async ({ session }) => {
      let outcome = await session.execute(source)
      while (outcome.type === 'yielded') {
        seen.push(...outcome.items)
        if (outcome.stalled) outcome = await session.terminate(outcome.cellId)
        else outcome = await session.observe(outcome.cellId)
      }
      if ('items' in outcome) seen.push(...outcome.items)
    })
    const { end, items } = await runIn(bundle, hosts, source)
    expect(['completed', 'failed', 'waiting']).toContain(end.type)
    expect(items).toEqual(seen)
  })
  await fc.assert(same, { numRuns: 25, endOnFailure: true })
})
