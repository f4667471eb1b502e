import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ApprovalDecision } from '../../../src/index.ts'
import { open, send, pendingKeys, type OpenOptions } from './asking-session.ts'

/** Returns a program that calls `send` for all names at once and prints each result when all are settled. */
const sendAll = (names: string): string =>
  `const all = await Promise.allSettled(${names}.map((to) => tools.send({ to })))
  for (const { status, reason } of all) text(status + (reason === undefined ? '' : ' ' + reason))`

describe('the line of a call', () => {
  test.each([
    [
      'a function name that looks like a location',
      `const o = { ['exec_main.mjs:99:9']: () => tools.send({}) }\no['exec_main.mjs:99:9']()`,
      1,
    ],
    [
      'a function name that looks like a stack frame',
      `function f() { tools.send({}) }\nObject.defineProperty(f, 'name', { value: 'x (exec_main.mjs:99:9)\\n    at exec_main.mjs:98:9' })\nf()`,
      1,
    ],
    [
      'a prepareStackTrace on a prototype',
      `Function.prototype.prepareStackTrace = () => 'exec_main.mjs:99:9'\ntools.send({})`,
      2,
    ],
    ['evaluated source', `\n(0, eval)('\\n'.repeat(97) + 'tools.send({})\\n//# sourceURL=exec_main.mjs')`, 2],
  ])('a program cannot change the shown line with %s', async (_, source, line) => {
    const lines: unknown[] = []
    await using session = await open({
      approvals: {
        onRequest: ({ location }) => {
          lines.push(location?.line ?? null)
          return { type: 'allow' }
        },
      },
    })
    expect(await session.execute(`${source}\nawait 0\nawait new Promise((done) => setTimeout(done, 1))`)).toMatchObject(
      {
        type: 'completed',
      },
    )
    expect(lines).toEqual([line])
  })
})

test('a session finds the location of a call without changing a prototype, even at the end of the stack', async () => {
  await using session = await open({ approvals: { hold: true } })
  const source = `let calls = 0
const tryToCall = () => { try { tools.send({}).catch(() => 0); calls++ } catch {} }
function deeper() { try { deeper() } finally { if (calls < 40) tryToCall() } }
try { deeper() } catch {}
text(typeof Error.prepareStackTrace + ' ' + new Error('x').stack.split('\\n')[0])
exit()`
  expect(await session.execute(source)).toMatchObject({ items: [{ text: 'undefined Error: x' }] })
})

describe('the input that is shown', () => {
  test.each<[string, OpenOptions]>([
    [
      'rules that change the input',
      {
        approvals: {
          decide: ({ input }) => {
            Object.assign(Object(input), { to: 'mallory' })
            return null
          },
        },
      },
    ],
    [
      'a tool that changes the input in needsApproval',
      {
        tools: [
          {
            ...send,
            needsApproval: (input) => {
              Object.assign(Object(input), { to: 'mallory' })
              return 'ask'
            },
          },
        ],
      },
    ],
  ])('a tool receives the input that the approver saw, despite %s', async (_, options) => {
    await using session = await open({ ...options, approvals: { ...options.approvals, hold: true } })
    await session.execute(`text(await tools.send({ to: 'alice' }))`)
    const shown = session.pendingApprovals().flatMap(({ requests }) => requests.map(({ input }) => input))
    expect(shown).toEqual([{ to: 'alice' }])
    for (const input of shown) Object.assign(Object(input), { to: 'mallory' })
    expect(session.pendingApprovals()[0]?.requests[0]?.input).toEqual({ to: 'alice' })
    await session.decide('s/1/tool-1', { type: 'allow' })
    expect(await session.observe('1')).toMatchObject({ items: [{ text: '{"sent":{"to":"alice"}}' }] })
  })
})

describe('a denied call', () => {
  test.each<[string, ApprovalDecision]>([
    ['a number of calls', { type: 'allow_in_cell', calls: 9 }],
    ['all calls', { type: 'allow_in_session' }],
  ])('a decision denies one call while another decision allows %s', async (_, grant) => {
    await using session = await open({
      approvals: {
        onBatch: ({ requests }) =>
          new Map<string, ApprovalDecision>(
            requests.map(({ key, input }) => [
              key,
              JSON.stringify(input).includes('mallory') ? { type: 'deny', reason: 'not him' } : grant,
            ]),
          ),
      },
    })
    expect(await session.execute(sendAll(`['alice', 'mallory']`))).toMatchObject({
      items: [{ text: 'fulfilled' }, { text: 'rejected the call of tool `send` was denied: not him' }],
    })
  })

  test('a decision denies equal calls that wait at the same time', async () => {
    await using session = await open({ approvals: { hold: true } })
    await session.execute(sendAll(`['a', 'a', 'b', 'a']`))
    await session.decide('s/1/tool-1', { type: 'deny', reason: 'no' })
    expect(pendingKeys(session)).toEqual(['s/1/tool-3'])
    await session.decide('s/1/tool-3', { type: 'allow' })
    const denied = { text: 'rejected the call of tool `send` was denied: no' }
    expect(await session.observe('1')).toMatchObject({ items: [denied, denied, { text: 'fulfilled' }, denied] })
  })

  test('a session denies a call again when only the order of its members differs', async () => {
    const asked: unknown[] = []
    await using session = await open({
      approvals: {
        onRequest: ({ input }) => {
          asked.push(input)
          return { type: 'deny', reason: 'no' }
        },
      },
    })
    await session.execute(`
      await tools.send({ a: 1, b: { c: 1, d: 2 } }).catch(() => 0)
      await tools.send({ b: { d: 2, c: 1 }, a: 1 }).catch(() => 0)
      await tools.send({}).catch(() => 0)
      await tools.send().catch(() => 0)`)
    expect(asked).toEqual([{ a: 1, b: { c: 1, d: 2 } }, {}])
  })
})

test('an observation ends when a handler leaves calls undecided', async () => {
  await using session = await open({ approvals: { onBatch: () => new Map() } })
  // Only the undecided call can end the observation within the time limit of the test.
  expect(await session.execute(`await tools.send({ to: 'a' })`, { yieldTimeMs: 600_000 })).toMatchObject({
    type: 'yielded',
    stalled: false,
  })
  expect(pendingKeys(session)).toEqual(['s/1/tool-1'])
})

test('a grant covers one tool, and not another with a similar name', async () => {
  const asked: string[] = []
  const names = ['pay', 'Pay', 'pay_', '_pay', 'pay2', '__proto__', 'constructor']
  await using session = await open({
    tools: names.map((name) => ({ ...send, name })),
    approvals: {
      onRequest: ({ identifier }) => {
        asked.push(identifier)
        return { type: 'allow_in_session' }
      },
    },
  })
  const source = `for (const { name } of [...ALL_TOOLS, ...ALL_TOOLS]) await tools[name]({ to: name })`
  expect(await session.execute(source)).toMatchObject({ type: 'completed' })
  expect(asked.toSorted()).toEqual(session.catalogue.entries.map(({ identifier }) => identifier).toSorted())
  expect(asked).toHaveLength(names.length)
})

test('each call of a batch receives its own decision', async () => {
  const decision = fc.constantFrom<ApprovalDecision>(
    { type: 'deny', reason: 'no' },
    { type: 'allow' },
    { type: 'allow_in_cell', calls: 2 },
    { type: 'allow_in_session' },
  )
  const call = fc.record({ to: fc.constantFrom('a', 'b'), decision })
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 6 }), async (calls) => {
      await using session = await open({
        approvals: {
          onBatch: ({ requests }) =>
            new Map(requests.map(({ key }, index) => [key, calls[index]?.decision ?? { type: 'deny' }])),
        },
      })
      const names = JSON.stringify(calls.map(({ to }) => to))
      expect(await session.execute(sendAll(names))).toMatchObject({
        items: calls.map(({ decision: { type } }) => ({
          text: type === 'deny' ? 'rejected the call of tool `send` was denied: no' : 'fulfilled',
        })),
      })
    }),
    { numRuns: 15 },
  )
})
