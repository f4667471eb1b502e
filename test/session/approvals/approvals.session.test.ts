import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MemoryApprovals } from '../../../src/storage/memory/memory-approvals.ts'
import { Grants } from '../../../src/session/approvals/grants.ts'
import {
  type ApprovalBatch,
  type ApprovalDecision,
  type ApprovalOptions,
  type SessionEvent,
  type Tool,
} from '../../../src/index.ts'
import { textsOf } from '../../support/texts.ts'
import { open, send, sendEach, pendingKeys } from './asking-session.ts'

describe('a policy', () => {
  test('a policy can give the reason of a denial', async () => {
    await using session = await open({
      tools: [{ name: 'drop', call: () => 'dropped' }],
      approvals: { decide: () => ({ policy: 'deny', reason: 'it is Sunday' }) },
    })
    const outcome = await session.execute('text(await tools.drop({}).catch(String))')
    expect(textsOf(outcome)).toEqual(['the call of tool `drop` was denied: it is Sunday'])
  })

  const reads: Tool = { name: 'reads', annotations: { readOnlyHint: true }, call: () => 'ok' }
  const breaks: Tool = { name: 'breaks', annotations: { destructiveHint: true }, call: () => 'ok' }
  const plain: Tool = { name: 'plain', call: () => 'ok' }
  const asks: Tool = { name: 'asks', needsApproval: 'ask', call: () => 'ok' }
  const denies: Tool = { name: 'denies', needsApproval: () => 'deny', call: () => 'ok' }
  const odd: Tool = {
    name: 'odd',
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the test needs a value that the type excludes
    needsApproval: (() => 'perhaps') as unknown as () => 'ask',
    call: () => 'ok',
  }
  const tools = [reads, breaks, plain, asks, denies, odd]

  test.each<[string, ApprovalOptions | undefined, string]>([
    ['the tools themselves', undefined, 'asks? breaks denies- odd? plain reads'],
    ['destructive hints', { hints: 'destructive' }, 'asks? breaks? denies- odd? plain reads'],
    ['write hints', { hints: 'writes' }, 'asks? breaks? denies- odd? plain? reads'],
    [
      'the first rule that matches',
      {
        rules: [
          { tools: 'as*', policy: 'allow' },
          { tools: '*s', policy: 'deny' },
        ],
      },
      'asks breaks- denies- odd? plain reads-',
    ],
    ['a rule for all tools', { rules: [{ tools: '*', policy: 'allow' }] }, 'asks breaks denies odd plain reads'],
    [
      'a function before the rules',
      {
        decide: ({ identifier }) => (identifier === 'plain' ? 'deny' : null),
        rules: [{ tools: 'plain', policy: 'allow' }],
      },
      'asks? breaks denies- odd? plain- reads',
    ],
    [
      'a function that throws',
      {
        decide: ({ identifier }) => {
          if (identifier === 'reads') throw new Error('no idea')
          return 'allow'
        },
      },
      'asks breaks denies odd plain reads-',
    ],
  ])('a call is decided by %s', async (_, approvals, expected) => {
    const asked = new Set<string>()
    await using session = await open({
      tools,
      approvals: {
        ...approvals,
        onRequest: ({ identifier }) => {
          asked.add(identifier)
          return { type: 'allow' }
        },
      },
    })
    const outcome = await session.execute(
      `for (const name of Object.keys(tools).sort()) text(await tools[name]().then(() => name, () => name + '-'))`,
    )
    expect(
      textsOf(outcome)
        .map((name) => (asked.has(name) ? `${name}?` : name))
        .join(' '),
    ).toBe(expected)
  })

  test.each<[string, ApprovalOptions]>([
    ['with an empty tool name', { rules: [{ tools: '', policy: 'deny' }] }],
    ['with a misspelled tool', { rules: [{ tools: 'sned', policy: 'deny' }] }],
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a JavaScript caller can pass it
    ['with an unknown policy', { rules: [{ tools: '*', policy: 'maybe' as 'ask' }] }],
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a JavaScript caller can pass it
    ['with unknown hints', { hints: 'all' as 'none' }],
  ])('a session rejects rules %s', async (_, approvals) => {
    await expect(open({ approvals })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  test('a rule can give the reason of a denial', async () => {
    await using session = await open({ approvals: { rules: [{ tools: 'send', policy: 'deny', reason: 'read only' }] } })
    expect(textsOf(await session.execute(sendEach('["a"]')))).toEqual([
      'a the call of tool `send` was denied: read only',
    ])
  })
})

test('a session presents calls that wait at the same time as one batch', async () => {
  const batches: ApprovalBatch[] = []
  await using session = await open({
    approvals: {
      onBatch: (batch) => {
        batches.push(batch)
        return { type: 'allow' }
      },
    },
  })
  const source = `const all = ['a', 'b', 'c'].map((to) =>
  tools.send({ to }))
text((await Promise.all(all)).length)
await tools.send({ to: 'd' })`
  expect(textsOf(await session.execute(source))).toEqual(['3'])
  expect(
    batches.map(({ cellId, source: shown, requests }) => ({
      cellId,
      isWhole: shown === source,
      calls: requests.map(({ key, input, location }) => [key, input, location?.line]),
    })),
  ).toEqual([
    {
      cellId: '1',
      isWhole: true,
      calls: [
        ['s/1/tool-1', { to: 'a' }, 2],
        ['s/1/tool-2', { to: 'b' }, 2],
        ['s/1/tool-3', { to: 'c' }, 2],
      ],
    },
    { cellId: '1', isWhole: true, calls: [['s/1/tool-4', { to: 'd' }, 4]] },
  ])
})

test('the undecided calls of a batch keep waiting', async () => {
  await using session = await open({
    approvals: {
      onBatch: ({ requests }) =>
        new Map<string, ApprovalDecision>([
          [requests[0]?.key ?? '', { type: 'allow' }],
          [requests[1]?.key ?? '', { type: 'deny', reason: 'not b' }],
        ]),
    },
  })
  const source = `await Promise.all(['a', 'b', 'c'].map((to) => tools.send({ to }).then(() => text(to), (error) => text(error))))`
  const yielded = await session.execute(source)
  expect(pendingKeys(session)).toEqual(['s/1/tool-3'])
  await session.decide('s/1/tool-3', { type: 'allow' })
  const texts = [...textsOf(yielded), ...textsOf(await session.observe('1'))]
  expect(texts.toSorted()).toEqual(['a', 'c', 'the call of tool `send` was denied: not b'])
})

describe('a decision', () => {
  test.each<[string, ApprovalDecision, readonly string[]]>([
    ['allow', { type: 'allow' }, ['a asked', 'b asked', 'c asked', 'd asked']],
    ['allow three calls in the cell', { type: 'allow_in_cell', calls: 3 }, ['a asked', 'b', 'c', 'd asked']],
    ['allow one call in the cell', { type: 'allow_in_cell', calls: 1 }, ['a asked', 'b asked', 'c asked', 'd asked']],
    ['allow in the session', { type: 'allow_in_session' }, ['a asked', 'b', 'c', 'd']],
  ])('a decision to %s covers the right calls', async (_, decision, expected) => {
    const asked = new Set<string>()
    await using session = await open({
      approvals: {
        onRequest: ({ input }) => {
          asked.add(Object.values(Object(input)).join())
          return decision
        },
      },
    })
    const outcome = await session.execute(sendEach('["a", "b", "c", "d"]'))
    expect(textsOf(outcome)).toEqual(['a sent', 'b sent', 'c sent', 'd sent'])
    expect(['a', 'b', 'c', 'd'].map((to) => (asked.has(to) ? `${to} asked` : to))).toEqual(expected)
    asked.clear()
    await session.execute(sendEach('["e"]'))
    expect(asked.has('e')).toBe(decision.type !== 'allow_in_session')
  })

  test('a decision settles the pending calls that it covers, in order', async () => {
    await using session = await open({ approvals: { hold: true } })
    const source = `await Promise.all(['a', 'b', 'c', 'd'].map((to) => tools.send({ to }).then(() => text(to))))`
    const yielded = await session.execute(source)
    expect(yielded).toMatchObject({ type: 'yielded', items: [], stalled: false })
    expect(pendingKeys(session)).toHaveLength(4)
    await session.decide('s/1/tool-2', { type: 'allow_in_cell', calls: 3 })
    expect(pendingKeys(session)).toEqual(['s/1/tool-4'])
    await session.decide('s/1/tool-4', { type: 'allow' })
    expect(textsOf(await session.observe('1')).toSorted()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('a decision about several calls of a tool is one grant', async () => {
    await using session = await open({ approvals: { hold: true } })
    await session.execute(`await Promise.all([1, 2, 3, 4].map((to) => tools.send({ to })))`)
    await session.decide(pendingKeys(session), { type: 'allow_in_cell', calls: 2 })
    expect(pendingKeys(session)).toEqual(['s/1/tool-3', 's/1/tool-4'])
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['yes', 'yes'],
    ['true', true],
    ['a grant for no calls', { type: 'allow_in_cell', calls: 0 }],
    ['a grant for half a call', { type: 'allow_in_cell', calls: 1.5 }],
    ['an unknown kind', { type: 'allow_always' }],
  ])('a session rejects %s as a decision', async (_, decision) => {
    let calls = 0
    await using session = await open({
      tools: [{ ...send, call: () => ++calls }],
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a JavaScript caller can pass it
      approvals: { onRequest: () => decision as ApprovalDecision },
    })
    expect(textsOf(await session.execute(sendEach('["a"]')))).toEqual([
      'a the call of tool `send` was denied: the handler returned an invalid decision',
    ])
    await using held = await open({ approvals: { hold: true } })
    await held.execute(sendEach('["a"]'))
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a JavaScript caller can pass it
    expect(() => held.decide('s/1/tool-1', decision as ApprovalDecision)).toThrow(/expected a decision such as/)
    expect(pendingKeys(held)).toEqual(['s/1/tool-1'])
    expect(calls).toBe(0)
  })

  test('a session accepts one decision about a call, and only while the call is pending', async () => {
    await using session = await open({ approvals: { hold: true } })
    const tryToDecide = (key: string): string => {
      try {
        void session.decide(key, { type: 'allow' })
        return 'decided'
      } catch (error) {
        expect(error).toMatchObject({ code: 'APPROVAL_NOT_PENDING' })
        return String(error).replace(/^.*: /, '')
      }
    }
    await session.execute('await tools.send({ to: 1 }); await tools.send({ to: 2 }); await tools.send({ to: 3 })')
    expect(tryToDecide('s/1/tool-1')).toBe('decided')
    expect(tryToDecide('s/1/tool-1')).toBe('it was allowed already')
    await session.observe('1')
    await session.decide('s/1/tool-2', { type: 'deny', reason: 'no' })
    expect(tryToDecide('s/1/tool-2')).toBe('it was denied already')
    expect(tryToDecide('s/1/tool-9')).toBe('no pending call has this key')
    await session.execute('await tools.send({ to: 4 })')
    await session.terminate('2')
    expect(tryToDecide('s/2/tool-1')).toBe('its cell has ended')
    // One key that is not pending invalidates the whole decision.
    await session.execute('await tools.send({ to: 5 })')
    expect(() => session.decide(['s/3/tool-1', 's/2/tool-1'], { type: 'allow' })).toThrow(/its cell has ended/)
    expect(pendingKeys(session)).toEqual(['s/3/tool-1'])
  })

  test('the first decision wins when decide() precedes the decision of a handler', async () => {
    const aborted: unknown[] = []
    await using session = await open({
      approvals: {
        onRequest: (_request, { signal }) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              aborted.push(signal.reason)
              resolve({ type: 'deny' })
            })
          }),
      },
    })
    const running = session.execute(sendEach('["a"]'))
    await expect.poll(() => pendingKeys(session)).toEqual(['s/1/tool-1'])
    await session.decide('s/1/tool-1', { type: 'allow' })
    expect(textsOf(await running)).toEqual(['a sent'])
    expect(aborted).toHaveLength(1)
  })
})

test('a session presents two hundred concurrent calls as one batch', async () => {
  const sizes: number[] = []
  await using session = await open({
    approvals: {
      onBatch: ({ requests }) => {
        sizes.push(requests.length)
        return { type: 'allow_in_cell', calls: 150 }
      },
    },
  })
  const source = `const all = Array.from({ length: 200 }, (_, to) => tools.send({ to }))
text((await Promise.allSettled(all)).filter(({ status }) => status === 'fulfilled').length)`
  expect(await session.execute(source)).toMatchObject({ type: 'yielded' })
  expect(pendingKeys(session)).toHaveLength(50)
  await session.decide(pendingKeys(session), { type: 'deny' })
  expect(textsOf(await session.observe('1'))).toEqual(['150'])
  expect(sizes).toEqual([200])
})

test('listeners receive the decision about each call', async () => {
  const events: string[] = []
  await using session = await open({
    listeners: [
      {
        onEvent: (event: SessionEvent) => {
          if (event.type === 'approval_asked') events.push(`${event.callId} asked`)
          if (event.type === 'approval_decided') {
            events.push(`${event.callId} ${event.decision} ${event.calls} ${event.by}`)
          }
        },
      },
    ],
    approvals: {
      onRequest: ({ callId }) =>
        callId === 'tool-1' ? { type: 'allow_in_cell', calls: 2 } : { type: 'deny', reason: 'no' },
    },
  })
  await session.execute(sendEach('["a", "b", "c", "c"]'))
  expect(events).toEqual([
    'tool-1 asked',
    'tool-1 allow_in_cell 2 person',
    'tool-2 allow null grant',
    'tool-3 asked',
    'tool-3 deny null person',
    'tool-4 deny null earlier_denial',
  ])
})

test('grants never allow more calls than they count', () => {
  const step = fc.record({
    cell: fc.constantFrom('1', '2'),
    tool: fc.constantFrom('a', 'b'),
    grant: fc.option(fc.integer({ min: 1, max: 4 })),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const store = new MemoryApprovals()
      let grants = new Grants(store)
      const left = new Map<string, number>()
      for (const { cell, tool, grant } of steps) {
        const name = `${cell} ${tool}`
        const had = left.get(name) ?? 0
        if (grant !== null) {
          grants.add(cell, { identifier: tool, toolDigest: 'd' }, grant)
          left.set(name, had + grant)
          continue
        }
        expect(grants.take(cell, { identifier: tool, toolDigest: 'd' })).toBe(had > 0 ? 'counted' : null)
        left.set(name, Math.max(had - 1, 0))
        // A new instance must read everything from the store.
        grants = new Grants(store)
      }
    }),
  )
})
