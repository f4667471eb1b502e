import { expect, test } from 'vitest'
import { createSession, type ApprovalRequest, type Tool } from '../../../src/index.ts'
import { sharedHosts } from '../../support/hosts.ts'

const write: Tool = { name: 'write', needsApproval: 'ask', call: () => 'written' }
const program = 'try { text(await tools.write({ path: "a" })) } catch (error) { text(`no: ${error}`) }'

test('a session makes a call that needs an approval when the handler allows it', async () => {
  const requests: Omit<ApprovalRequest, 'tool'>[] = []
  await using session = await createSession({
    sessionId: 'desk',
    hosts: sharedHosts('in-process'),
    tools: [write],
    approvals: {
      onRequest: ({ tool, ...request }) => {
        requests.push({ ...request })
        return { type: tool === write ? 'allow' : 'deny' }
      },
    },
  })
  expect(await session.execute(program, { callId: 'call-1' })).toMatchObject({ items: [{ text: 'written' }] })
  expect(requests).toEqual([
    {
      key: 'desk/1/tool-1',
      cellId: '1',
      callId: 'tool-1',
      execCallId: 'call-1',
      identifier: 'write',
      input: { path: 'a' },
      location: { line: 1, column: 24 },
    },
  ])
})

test.each([
  ['the session has no handler', undefined, 'no: tool `write` needs an approval, and no approver is available'],
  [
    'the handler denies it with a reason',
    () => ({ type: 'deny', reason: 'not on Fridays' }) as const,
    'no: the call of tool `write` was denied: not on Fridays',
  ],
  [
    'the handler denies it without a reason',
    () => ({ type: 'deny' }) as const,
    'no: the call of tool `write` was denied',
  ],
  ['the handler throws', () => Promise.reject(new Error('gone')), 'no: the call of tool `write` was denied: gone'],
])('a call rejects without reaching its tool when %s', async (_, onRequest, shown) => {
  let calls = 0
  await using session = await createSession({
    hosts: sharedHosts('in-process'),
    tools: [{ ...write, call: () => ++calls }],
    approvals: onRequest === undefined ? {} : { onRequest },
  })
  expect(await session.execute(program)).toMatchObject({ items: [{ text: shown }] })
  expect(calls).toBe(0)
})

test('a function decides from the input whether a call needs an approval', async () => {
  await using session = await createSession({
    hosts: sharedHosts('in-process'),
    tools: [
      {
        ...write,
        needsApproval: (input) => {
          const path = Object.entries(Object(input)).find(([key]) => key === 'path')?.[1]
          if (path === 'bad') throw new Error('unclear')
          return path === 'secret' ? 'ask' : 'allow'
        },
      },
    ],
  })
  const each = 'for (const path of ["a", "secret", "bad"]) text(await tools.write({ path }).catch((error) => error))'
  expect(await session.execute(each)).toMatchObject({
    items: [
      { text: 'written' },
      { text: 'tool `write` needs an approval, and no approver is available' },
      { text: 'unclear' },
    ],
  })
})

test('the signal of a handler aborts when its cell is terminated', async () => {
  const asked = Promise.withResolvers<AbortSignal>()
  await using session = await createSession({
    hosts: sharedHosts('in-process'),
    tools: [write],
    approvals: {
      onRequest: (_request, { signal }) => {
        asked.resolve(signal)
        return new Promise(() => undefined)
      },
    },
  })
  const running = session.execute(program)
  const signal = await asked.promise
  await session.terminate('1')
  expect(signal.aborted).toBe(true)
  expect(await running).toMatchObject({ type: 'terminated' })
})
