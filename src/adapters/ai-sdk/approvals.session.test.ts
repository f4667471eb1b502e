import { generateText, isStepCount, tool, type GenerateTextResult, type ModelMessage, type ToolSet } from 'ai'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { scriptedModel } from '../../../test/support/scripted-models/ai-sdk-model.ts'
import { meetingOf } from '../../../test/fixtures/meeting.ts'
import { newFolder } from '../../../test/support/folder.ts'
import { sharedHosts } from '../../../test/support/hosts.ts'
import { codeMode, type CodeMode } from './code-mode.ts'

const hosts = sharedHosts('in-process')

const source = `
  const answers = await Promise.allSettled(['a', 'b'].map((path) => tools.remove({ path })))
  text(answers.map(({ value, reason }) => value ?? reason))`

/** A tool that asks once both calls are there, or as the test says, and the inputs it was called with. */
function removing(
  needsApproval: (
    input: unknown,
    call: { messages: readonly ModelMessage[] },
  ) => boolean | Promise<boolean> = meetingOf(2),
): {
  removed: string[]
  tools: ToolSet
} {
  const removed: string[] = []
  const remove = tool({
    inputSchema: z.object({ path: z.string() }),
    needsApproval,
    execute({ path }) {
      removed.push(path)
      return `${path} removed`
    },
  })
  return { removed, tools: { remove } }
}

type Result = GenerateTextResult<CodeMode['tools'], never, never>

/** The messages of a run that ended with a question, with the answer to it. */
function answered(result: Pick<Result, 'content' | 'responseMessages'>, approved: boolean): ModelMessage[] {
  const request = result.content.find((part) => part.type === 'tool-approval-request')
  const approvalId = request?.approvalId ?? 'no question'
  const response = { type: 'tool-approval-response', approvalId, approved, reason: 'says Ada' } as const
  return [...result.responseMessages, { role: 'tool', content: [response] }]
}

function lastText(messages: readonly ModelMessage[]): string {
  const part = messages.flatMap((message) => (message.role === 'tool' ? message.content : [])).at(-1)
  if (part?.type !== 'tool-result' || part.output.type !== 'content') return JSON.stringify(part)
  const piece = part.output.value.at(-1)
  return piece?.type === 'text' ? piece.text : JSON.stringify(piece)
}

test('the next wait asks for the approval that nested calls need', async () => {
  const { removed, tools } = removing()
  await using mode = await codeMode({ hosts, sdkTools: tools })
  const model = scriptedModel([{ exec: source }, { wait: { cell_id: '1' } }, 'done'])
  const settings = { model, tools: mode.tools, toolApproval: mode.toolApproval, stopWhen: isStepCount(9) }
  const prompt: ModelMessage = { role: 'user', content: 'tidy up' }
  const first = await generateText({ ...settings, messages: [prompt] })
  expect(removed).toEqual([])
  expect(lastText(first.responseMessages)).toBe(
    'The user must approve these calls before the script continues:\nline 2: tools.remove({"path":"a"})\nline 2: tools.remove({"path":"b"})\nCall wait with cell_id "1" for the decision.',
  )
  expect(first.content.find((part) => part.type === 'tool-approval-request')).toMatchObject({
    toolCall: { toolName: 'wait', input: { cell_id: '1' } },
    reason: `The program:
  1 | 
> 2 |   const answers = await Promise.allSettled(['a', 'b'].map((path) => tools.remove({ path })))
  3 |   text(answers.map(({ value, reason }) => value ?? reason))

2 calls of tools.remove from line 2
  2 | const answers = await Promise.allSettled(['a', 'b'].map((path) => tools.remove({ path })))
  1. {"path":"a"}
  2. {"path":"b"}`,
  })
  expect(mode.pendingApprovals('1').map((batch) => [batch.source, batch.requests.map(({ input }) => input)])).toEqual([
    [source, [{ path: 'a' }, { path: 'b' }]],
  ])
  const second = await generateText({ ...settings, messages: [prompt, ...answered(first, true)] })
  expect(second.text).toBe('done')
  expect(removed).toEqual(['a', 'b'])
  expect(lastText(second.responseMessages)).toBe('["a removed","b removed"]')
})

test('a denied call fails at the following wait and does not reach the tool', async () => {
  const { removed, tools } = removing()
  await using mode = await codeMode({ hosts, sdkTools: tools })
  const wait = { wait: { cell_id: '1' } }
  const model = scriptedModel([{ exec: source }, wait, wait, 'done'])
  // Without `toolApproval` of the run, the tools themselves ask.
  const settings = { model, tools: mode.tools, stopWhen: isStepCount(9) }
  const prompt: ModelMessage = { role: 'user', content: 'tidy up' }
  const first = await generateText({ ...settings, messages: [prompt] })
  const second = await generateText({ ...settings, messages: [prompt, ...answered(first, false)] })
  expect(second.text).toBe('done')
  expect(removed).toEqual([])
  const denied = 'the call of tool `remove` was denied: says Ada'
  expect(lastText(second.responseMessages)).toBe(JSON.stringify([denied, denied]))
})

test('an approval that another process requested allows nothing', async () => {
  const earlier = await codeMode({ hosts, sdkTools: removing().tools })
  const prompt: ModelMessage = { role: 'user', content: 'tidy up' }
  const wait = { wait: { cell_id: '1' } }
  const model = scriptedModel([{ exec: source }, wait, wait])
  const first = await generateText({ model, tools: earlier.tools, stopWhen: isStepCount(9), messages: [prompt] })
  await earlier.close()
  const { removed, tools } = removing()
  await using mode = await codeMode({ hosts, sdkTools: tools })
  await mode.session.execute(source, { yieldTimeMs: 0 })
  await expect.poll(() => mode.pendingApprovals('1')[0]?.requests.length).toBe(2)
  const messages = [prompt, ...answered(first, true)]
  const second = await generateText({ model, tools: mode.tools, stopWhen: isStepCount(9), messages })
  expect(removed).toEqual([])
  expect(second.content.map(({ type }) => type)).toContain('tool-approval-request')
})

test('a new process asks about the calls that an earlier process left pending', async () => {
  // The messages that the answer depends on are gone after a restart.
  const { removed, tools } = removing((_, { messages }) => messages.length > 0)
  const options = { hosts, storage: newFolder(), sessionId: 'chat' }
  const wait = { wait: { cell_id: '1' } }
  const prompt: ModelMessage = { role: 'user', content: 'tidy up' }
  const earlier = await codeMode({ ...options, sdkTools: tools })
  const model = scriptedModel([{ exec: source }, wait, 'done'])
  const first = await generateText({ model, tools: earlier.tools, stopWhen: isStepCount(1), messages: [prompt] })
  const before = earlier.pendingApprovals('1').flatMap(({ requests }) => requests.map(({ key }) => key))
  await earlier.close()
  await using mode = await codeMode({ ...options, sdkTools: tools })
  await expect
    .poll(() => mode.pendingApprovals('1').flatMap(({ requests }) => requests.map(({ key }) => key)))
    .toEqual(before)
  const settings = { model, tools: mode.tools, toolApproval: mode.toolApproval, stopWhen: isStepCount(9) }
  const messages = [prompt, ...first.responseMessages]
  const asked = await generateText({ ...settings, messages })
  expect(asked.content.find((part) => part.type === 'tool-approval-request')).toMatchObject({
    reason: expect.stringContaining('2 calls of tools.remove from line 2'),
  })
  expect(removed).toEqual([])
  const last = await generateText({ ...settings, messages: [...messages, ...answered(asked, true)] })
  expect([last.text, removed]).toEqual(['done', ['a', 'b']])
})

test('decide() decides about one call by its key', async () => {
  const { removed, tools } = removing()
  await using mode = await codeMode({ hosts, sdkTools: tools })
  const twice = `${source}\nawait tools.remove({ path: 'c' })`
  const model = scriptedModel([{ exec: twice }, { wait: { cell_id: '1' } }, 'done'])
  await generateText({ model, tools: mode.tools, stopWhen: isStepCount(1), prompt: 'go' })
  const [a, b] = mode.pendingApprovals('1').flatMap(({ requests }) => requests.map(({ key }) => key))
  await mode.decide(b ?? '', { type: 'deny', reason: 'keep b' })
  await mode.decide(a ?? '', { type: 'allow_in_session' })
  expect(() => mode.decide(a ?? '', { type: 'allow' })).toThrow(
    expect.objectContaining({ code: 'APPROVAL_NOT_PENDING' }),
  )
  const result = await generateText({ model, tools: mode.tools, stopWhen: isStepCount(9), prompt: 'go' })
  expect(result.text).toBe('done')
  expect(removed).toEqual(['a', 'c'])
  expect(lastText(result.responseMessages)).toBe('["a removed","the call of tool `remove` was denied: keep b"]')
})

test('a wait without a requested approval allows nothing', async () => {
  const { removed, tools } = removing()
  await using mode = await codeMode({ hosts, sdkTools: tools, waitPolicy: 'exact' })
  const model = scriptedModel([{ exec: source }, { wait: { cell_id: '1', yield_time_ms: 0 } }, 'done'])
  const toolApproval = { wait: 'not-applicable' } as const
  const result = await generateText({ model, tools: mode.tools, toolApproval, stopWhen: isStepCount(9), prompt: 'go' })
  expect(result.text).toBe('done')
  expect(removed).toEqual([])
  expect(mode.pendingApprovals().map(({ requests }) => requests.length)).toEqual([2])
})

test.each([
  ['denied', 'denied', ['the call of tool `remove` was denied', 'the call of tool `remove` was denied']],
  [
    'denied with a reason',
    { type: 'denied', reason: 'never' } as const,
    Array(2).fill('the call of tool `remove` was denied: never'),
  ],
  ['approved', 'approved', ['a removed', 'b removed']],
  [
    'a function',
    (input: unknown) => (JSON.stringify(input).includes('b') ? 'denied' : undefined),
    ['a removed', 'the call of tool `remove` was denied'],
  ],
] as const)('the option toolApproval takes precedence over the tool: %s', async (_what, remove, expected) => {
  const { tools } = removing()
  await using mode = await codeMode({ hosts, sdkTools: tools, toolApproval: { remove } })
  const model = scriptedModel([{ exec: source }, 'done'])
  const result = await generateText({ model, tools: mode.tools, stopWhen: isStepCount(9), prompt: 'go' })
  expect(lastText(result.responseMessages)).toBe(JSON.stringify(expected))
})

test('a handler decides about each call without the model', async () => {
  const { removed, tools } = removing()
  await using mode = await codeMode({
    hosts,
    sdkTools: tools,
    approvals: {
      onRequest: ({ input }) =>
        JSON.stringify(input) === '{"path":"a"}' ? { type: 'allow' } : { type: 'deny', reason: 'keep it' },
    },
  })
  const model = scriptedModel([{ exec: source }, 'done'])
  const result = await generateText({ model, tools: mode.tools, stopWhen: isStepCount(9), prompt: 'go' })
  expect(removed).toEqual(['a'])
  expect(lastText(result.responseMessages)).toBe('["a removed","the call of tool `remove` was denied: keep it"]')
})
