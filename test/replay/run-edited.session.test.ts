import { expect, test } from 'vitest'
import type { ContentItem } from '../../src/index.ts'
import { runEdited, type EditedRun } from '../../src/replay.ts'
import type { TraceBundle } from '../../src/trace.ts'
import { sharedHosts } from '../support/hosts.ts'
import { record } from '../trace/recorder/recorded.ts'
import { expectEditedSame } from './generated-programs.ts'

const hosts = sharedHosts('in-process')

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

/** Records a program, and replays another one instead. */
async function edit(recorded: string, source: string): Promise<EditedRun & { readonly items: readonly ContentItem[] }> {
  const { bundle } = await record({ tools }, async ({ session }) => {
    const outcome = await session.execute(recorded)
    if (outcome.type === 'yielded') await session.terminate(outcome.cellId)
  })
  return await runIn(bundle, source)
}

async function runIn(
  bundle: TraceBundle,
  source: string,
): Promise<EditedRun & { readonly items: readonly ContentItem[] }> {
  const [found] = bundle.cellLogs()
  if (found === undefined) throw new Error('there is no record')
  const items: ContentItem[] = []
  return { ...(await runEdited(bundle, found, { hosts, source, onItem: (item) => items.push(item) })), items }
}

test('an edited program gets the recorded results, in any order of members and calls', async () => {
  const { end, items, used, unused } = await edit(
    program,
    `const n: number = 2
     const answers = await Promise.all([tools.get({ n }), tools.get({ kind: 'a', id: 1 })])
     text(answers)`,
  )
  expect(end).toEqual({ type: 'completed' })
  expect(items).toEqual([{ type: 'input_text', text: '[{"got":{"n":2}},{"got":{"id":1,"kind":"a"}}]' }])
  expect(used.map(({ id }) => id)).toEqual([2, 1])
  expect(unused).toEqual([{ id: 3, tool: 'get', input: '{"n":2}', location: { line: 3, column: 61 }, hasResult: true }])
})

test('an edited program stops at the first call that was not recorded, and reports the call and its location', async () => {
  const { end, items } = await edit(
    program,
    `text('before')\nawait tools.get({ n: 2 })\n  text(await tools.get({ n: 3 }))\ntext('after')`,
  )
  expect(items).toEqual([{ type: 'input_text', text: 'before' }])
  expect(end).toEqual({ type: 'unanswered', tool: 'get', input: '{"n":3}', location: { line: 3, column: 20 } })
})

test.each<[string, string, string, unknown, string[]]>([
  [
    'makes a third call where two are on record',
    program,
    'for (;;) text(await tools.get({ n: 2 }))',
    { type: 'unanswered', tool: 'get', input: '{"n":2}', location: { line: 1, column: 27 } },
    ['{"got":{"n":2}}', '{"got":{"n":2}}'],
  ],
  [
    'handles a recorded rejection',
    'await tools.fails().catch(text)',
    'try { await tools.fails() } catch (error) { text(`caught ${error}`) }',
    { type: 'completed' },
    ['caught no such thing'],
  ],
  [
    'makes a call that was never answered',
    'tools.never({}); yield_control(); await new Promise(() => {})',
    'text(1); await tools.never({})',
    { type: 'waiting' },
    ['1'],
  ],
  [
    'sets timers of an hour by the recorded clock',
    program,
    `const start = Date.now()
     setTimeout(() => text('late'), 3_600_000); setTimeout(() => text('early'), 10); const id = setTimeout(text, 20)
     clearTimeout(id)
     await new Promise((done) => setTimeout(done, 3_600_000)); text(Date.now() - start >= 3_600_000)`,
    { type: 'completed' },
    ['early', 'late', 'true'],
  ],
  [
    'throws an error',
    program,
    'throw new Error("bad")',
    { type: 'failed', errorText: expect.stringMatching(/^Error: bad/) },
    [],
  ],
  ['is not valid', program, 'text(', { type: 'failed', errorText: expect.stringMatching(/^SyntaxError: /) }, []],
  ['loads an output that was not kept', program, 'load("output:3")', { type: 'output_missing', output: 3 }, []],
])('an edited program that %s ends as it should', async (_name, recorded, source, end, texts) => {
  const { end: found, items } = await edit(recorded, source)
  expect(found).toEqual(end)
  expect(items).toEqual(texts.map((text) => ({ type: 'input_text', text })))
})

test('an edited program that sets timers forever is stopped', async () => {
  const { bundle } = await record({}, async ({ session }) => await session.execute('text(1)'))
  const [found] = bundle.cellLogs()
  if (found === undefined) throw new Error('there is no record')
  const source = 'const go = () => setTimeout(go, 1000); go(); await new Promise(() => {})'
  expect(await runEdited(bundle, found, { hosts, source, cellMs: 300 })).toEqual({
    end: { type: 'stopped', reason: 'it took longer than 300 ms' },
    used: [],
    unused: [],
  })
})

test('runEdited() repeats generated programs that were not edited', () => expectEditedSame(8))
