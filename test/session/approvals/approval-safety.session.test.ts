import { describe, expect, test } from 'vitest'
import { textsOf } from '../../support/texts.ts'
import { open, send, sendEach, pendingKeys } from './asking-session.ts'

describe('a cell that tries to bypass a decision', () => {
  test('a session denies an equal call again without a prompt', async () => {
    let asked = 0
    await using session = await open({
      approvals: {
        onRequest: () => {
          asked++
          return { type: 'deny', reason: 'never' }
        },
      },
    })
    const outcome = await session.execute(sendEach('["a", "a", "a", "a"]'))
    expect(new Set(textsOf(outcome))).toEqual(new Set(['a the call of tool `send` was denied: never']))
    expect(asked).toBe(1)
  })

  test('a session denies a tool without a prompt after three denials in a cell', async () => {
    let asked = 0
    await using session = await open({
      approvals: {
        onRequest: () => {
          asked++
          return { type: 'deny', reason: `no ${asked}` }
        },
      },
    })
    const outcome = await session.execute(sendEach('["a", "b", "c", "d", "e"]'))
    expect(asked).toBe(3)
    expect(textsOf(outcome).at(-1)).toBe(
      'e the call of tool `send` was denied: it was denied 3 times in this cell, so it is denied without a prompt',
    )
    // The count starts again in another cell.
    await session.execute(sendEach('["a"]'))
    expect(asked).toBe(4)
  })

  test.each([
    ['with a thenable as input', 'await tools.send({ to: "a", then: (yes) => yes({ to: "b" }) })'],
    ['with accessors', 'await tools.send({ get to() { return "a" } })'],
    [
      'by replacing Promise and JSON',
      'globalThis.Promise = class { constructor(f) { f(() => 0, () => 0) } }; JSON.stringify = () => "{}"; tools.send({ to: "a" }); await 0',
    ],
    ['through the prototype of all objects', 'Object.prototype.type = "allow"; tools.send({ to: "a" }); await 0'],
    ['by ending', 'tools.send({ to: "a" }); exit()'],
    ['under another name', 'const { send: other } = tools; tools.free = other; tools.free({ to: "a" }); await 0'],
  ])('a cell does not reach the tool %s', async (_, source) => {
    let calls = 0
    const requests: unknown[] = []
    await using session = await open({
      tools: [{ ...send, call: () => ++calls }],
      approvals: {
        onRequest: ({ input }) => {
          requests.push(input)
          return { type: 'deny' }
        },
      },
    })
    await session.execute(source)
    expect(calls).toBe(0)
    expect(requests.length).toBeLessThanOrEqual(1)
  })

  test('a handler that changes its input does not change the call', async () => {
    const inputs: unknown[] = []
    await using session = await open({
      tools: [{ ...send, call: (input) => inputs.push(input) }],
      approvals: {
        onRequest: ({ input }) => {
          Object.assign(Object(input), { to: 'mallory' })
          return { type: 'allow' }
        },
      },
    })
    await session.execute('await tools.send({ to: "alice" })')
    expect(inputs).toEqual([{ to: 'alice' }])
  })
})

describe('the clock of a cell', () => {
  const source = `const race = await Promise.race([
    tools.send({ to: 'a' }).then(() => 'sent'),
    new Promise((resolve) => setTimeout(() => resolve('too late'), 20)),
  ])
  text(race)
  await new Promise((resolve) => setTimeout(resolve, 1))
  text('on')`

  test('the clock of a cell stops while a decision is pending', async () => {
    await using session = await open({
      // Waits because only time shows that the clock of the cell stands still.
      approvals: { onRequest: () => new Promise((resolve) => setTimeout(() => resolve({ type: 'allow' }), 60)) },
    })
    expect(textsOf(await session.execute(source))).toEqual(['sent', 'on'])
  })

  test('the clock of a cell runs again after a decision', async () => {
    await using session = await open({ approvals: { hold: true } })
    await session.execute(
      `tools.send({ to: 'a' }).catch(() => 0); setTimeout(() => text('rang'), 5); await new Promise((resolve) => setTimeout(resolve, 20))`,
    )
    expect(pendingKeys(session)).toHaveLength(1)
    await session.decide(pendingKeys(session), { type: 'deny' })
    expect(textsOf(await session.observe('1'))).toEqual(['rang'])
  })
})

test.each(['terminate', 'close'] as const)('the end of a cell cancels its pending decision: %s', async (way) => {
  const reasons: string[] = []
  const asked = Promise.withResolvers<void>()
  const session = await open({
    approvals: {
      onBatch: (_batch, { signal }) =>
        new Promise((_resolve, reject) => {
          asked.resolve()
          signal.addEventListener('abort', () => {
            reasons.push(String(signal.reason))
            reject(new Error('gone'))
          })
        }),
    },
  })
  const running = session.execute('await tools.send({ to: 1 })')
  await asked.promise
  expect(pendingKeys(session)).toHaveLength(1)
  await (way === 'close' ? session.close() : session.terminate('1'))
  expect(await running).toMatchObject({ type: 'terminated' })
  expect(reasons).toEqual(['AbortError: code mode nested tool call cancelled'])
  expect(pendingKeys(session)).toEqual([])
})
