import { describe, expect, test } from 'vitest'
import { createCodeModeTools, createSession, type CellOutcome, type Remark, type Session } from '../../../src/index.ts'
import { newFolder } from '../../support/folder.ts'
import { Gate } from '../../support/gate.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'
import { EventWatch } from '../following/event-watch.ts'

const longYieldTime = { yieldTimeMs: 300_000 }

const tools = [
  { name: 'echo', call: (input: unknown) => input },
  { name: 'page', call: () => 'It prints [object Promise].' },
  { name: 'hold', call: () => new Promise(() => undefined) },
  {
    name: 'bad',
    call: () => {
      throw new Error('no such file')
    },
  },
]

function open(): Promise<Session> {
  return createSession({ hosts: sharedHosts('in-process'), tools })
}

function remarksOf(outcome: CellOutcome): readonly Remark[] {
  return 'remarks' in outcome ? outcome.remarks : []
}

const cutOff = (count: number, ...names: string[]): Remark => ({ type: 'calls_cut_off', count, tools: names })
const used = (use: 'printed' | 'notified' | 'stored' | 'passed', count = 1): Remark => ({
  type: 'promises_used',
  use,
  count,
})
const noCalls = (...names: string[]): Remark => ({ type: 'no_calls_made', tools: names })

const lost: readonly [name: string, source: string, remarks: readonly Remark[]][] = [
  [
    'a function that is not awaited',
    'async function main() { await tools.hold({}); text(1) }\nmain()',
    [cutOff(1, 'hold')],
  ],
  ['an asynchronous forEach', '[1, 2, 3].forEach(async (n) => { await tools.hold({ n }) })', [cutOff(3, 'hold')]],
  ['calls of two tools', 'tools.hold({}); tools.echo({}); tools.hold({})', [cutOff(3, 'hold', 'echo')]],
  ['a call that lost a race', 'await Promise.race([tools.hold({}), tools.echo({})])', [cutOff(1, 'hold')]],
  ['a call when the program fails', 'tools.hold({}); throw new Error("x")', [cutOff(1, 'hold')]],
  ['a call when the program exits', 'tools.hold({}); exit()', [cutOff(1, 'hold')]],
  ['a printed promise', 'text(tools.hold({ a: 1 }))', [cutOff(1, 'hold'), used('printed')]],
  ['a promise of the program', 'text(Promise.resolve(1)); text({ a: [new Promise(() => {})] })', [used('printed', 2)]],
  ['the promise of an asynchronous function', 'text((async () => 1)())', [used('printed')]],
  ['promises in a list', 'text([1, 2].map(async (n) => n))', [used('printed', 2)]],
  ['a promise of a subclass', 'class Mine extends Promise {}\ntext(Mine.resolve(1))', [used('printed')]],
  ['a promise in a string', 'text(`it is ${Promise.resolve(1)}`)', [used('printed')]],
  ['a promise as a notification', 'notify(Promise.resolve(1))', [used('notified')]],
  ['a stored promise', 'store("a", { b: Promise.resolve(1) })', [used('stored')]],
  ['a promise as input', 'await tools.echo(Promise.resolve(1))', [used('passed')]],
  ['a promise in an input', 'await tools.echo({ a: { b: Promise.resolve(1) } })', [used('passed')]],
  ['a promise of a program that fails', 'text(Promise.resolve(1)); throw 1', [used('printed')]],
  ['a promise of a program that exits', 'text(Promise.resolve(1)); exit()', [used('printed')]],
  [
    'a rejection of a function that is not awaited',
    'async function main() { throw new TypeError("x") }\nmain()',
    [{ type: 'rejection_unhandled', reason: 'TypeError: x' }],
  ],
  [
    'a rejection after an awaited call',
    'await tools.echo({}); void Promise.reject(new Error("late"))',
    [{ type: 'rejection_unhandled', reason: 'Error: late' }],
  ],
  ['a rejection with a string', 'void Promise.reject("why")', [{ type: 'rejection_unhandled', reason: 'why' }]],
  ['a function that is never called', 'async function main() { await tools.echo({}) }', [noCalls('echo')]],
  ['a call by a quoted name', 'const f = () => tools["echo"]({})', [noCalls('echo')]],
  [
    'a call in TypeScript',
    'const f = async (a: string): Promise<void> => { await tools.echo({ a }) }',
    [noCalls('echo')],
  ],
  ['calls in an empty loop', 'for (const n of []) await tools.echo({ n })', [noCalls('echo')]],
]

const whole: readonly [name: string, source: string][] = [
  ['an empty program', ''],
  ['awaited calls', 'await Promise.all([tools.echo({}), tools.echo({})]); text(await tools.echo({ a: {} }))'],
  ['values that look like promises', 'text({}); text({ a: {} }); text([{}, []]); text(new Map()); store("a", {})'],
  ['the string form of a promise', 'text("[object Promise]"); notify("[object Promise]")'],
  ['the string form of a promise in a result', 'text(await tools.page({}))'],
  ['a getter that runs once', 'let n = 0; text({ get a() { n++; return {} } }); text(n)'],
  [
    'a rejection that is handled',
    'Promise.reject(new Error("x")).catch(() => 0); try { await tools.bad({}) } catch {}',
  ],
  ['a rejection that is handled later', 'const p = tools.bad({}); await tools.echo({}); try { await p } catch {}'],
  ['a failure', 'throw new Error("x")'],
  ['a failure after a call', 'await tools.echo({}); await tools.bad({})'],
  ['tools that are only inspected', 'text(typeof tools.echo); text(ALL_TOOLS.length)'],
  ['another object named tools', 'const f = (tools) => tools.echo({})'],
]

describe('work that was lost', () => {
  test.each(lost)('a session remarks on %s', async (_, source, remarks) => {
    await using session = await open()
    expect(remarksOf(await session.execute(source, longYieldTime))).toEqual(remarks)
  })

  test.each(whole)('a session has no remarks on %s', async (_, source) => {
    await using session = await open()
    const outcome = await session.execute(source, longYieldTime)
    expect(['completed', 'failed']).toContain(outcome.type)
    expect(outcome).not.toHaveProperty('remarks')
  })

  test('a terminated cell has no remarks', async () => {
    await using session = await open()
    await session.execute('await tools.hold({})', { yieldTimeMs: 0 })
    expect(await session.terminate('1')).not.toHaveProperty('remarks')
  })

  test('the search for promises calls no code of the program', async () => {
    await using session = await open()
    const source = `const seen = []
const value = { get a() { seen.push('a'); return {} }, toJSON: undefined, b: { toJSON() { seen.push('b'); return {} } } }
Object.defineProperty(Promise, Symbol.hasInstance, { value: () => seen.push('instance') })
text(value); text(seen.join())`
    expect(textsOf(await session.execute(source, longYieldTime))).toEqual(['{"a":{},"b":{}}', 'a,b'])
  })
})

test('remarks survive a revival, an eviction and a reopening', async () => {
  const options = { hosts: sharedHosts('in-process'), storage: newFolder(), sessionId: 'work', evictAfterMs: 0 }
  const gate = new Gate()
  const watch = new EventWatch()
  const all = { ...options, tools: [...tools, gate.tool], listeners: [watch] }
  const before = await createSession(all)
  const source = `text(Promise.resolve(1)); tools.hold({}); await tools.gate({})
async function main() { throw new Error("x") }\nmain()`
  await before.execute(source, { yieldTimeMs: 0, requestId: 'first' })
  await watch.waitFor('cell_evicted', 1)
  gate.open(1)
  await watch.waitFor('cell_revived', 1)
  // One call returns, and the end of the cell cancels the other.
  await watch.waitFor('nested_call_ended', 2)
  await before.close()
  const expected = [cutOff(1, 'hold'), { type: 'rejection_unhandled', reason: 'Error: x' }, used('printed')]
  await using session = await createSession(all)
  const outcome = await session.observe('1', { ...longYieldTime, requestId: 'second' })
  expect(remarksOf(outcome)).toEqual(expected)
  expect(await session.observe('1', { requestId: 'second' })).toEqual({ ...outcome, isReplay: true })
})

describe('the note for the model', () => {
  const source = 'text("a"); text(tools.echo({}))'
  const note = `Notes on the work of the script:
- One call was still running when the script ended, and the results are lost: \`echo\`. A call that is not awaited ends with the script.
- A promise was printed instead of a value: await it first.`

  test('the note follows the output', async () => {
    await using session = await open()
    const { exec } = createCodeModeTools(session, { typeNotes: false })
    expect(textsOf(await exec.call(source)).slice(1)).toEqual(['a', '{}', note])
  })

  test('the last response contains the note', async () => {
    await using session = await open()
    const { exec, wait } = createCodeModeTools(session, { typeNotes: false })
    expect(textsOf(await exec.call(`${source}; yield_control(); await tools.echo({})`)).slice(1)).toEqual(['a', '{}'])
    expect(textsOf(await wait.call({ cell_id: '1' })).at(-1)).toContain('- A promise was printed')
  })

  test('an option disables the note', async () => {
    await using session = await open()
    const { exec } = createCodeModeTools(session, { typeNotes: false, workNotes: false })
    expect(textsOf(await exec.call(source)).slice(1)).toEqual(['a', '{}'])
  })
})
