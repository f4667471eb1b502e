import type OpenAI from 'openai'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import type { Tool } from '../../tools/tool.ts'
import { meetingOf } from '../../../test/fixtures/meeting.ts'
import { withoutWallTime } from '../../../test/fixtures/without-wall-time.ts'
import { newFolder } from '../../../test/support/folder.ts'
import { sharedHosts } from '../../../test/support/hosts.ts'
import { codeMode, type ResponsesItem } from './openai-responses.ts'

const hosts = sharedHosts('in-process')

const png =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const exec = (input: string, id = 'call_1'): object => ({ type: 'custom_tool_call', call_id: id, name: 'exec', input })
const call = (name: string, args: unknown, id = 'call_2'): object => ({
  type: 'function_call',
  call_id: id,
  name,
  arguments: typeof args === 'string' ? args : JSON.stringify(args),
})

test('runToolCalls() turns outputs and notifications into items of the next request', async () => {
  await using mode = await codeMode({ hosts })
  const source = `notify('note'); text('one'); yield_control(); text('two'); image('${png}'); audio('data:audio/wav;base64,UklGRg==')`
  expect(withoutWallTime(await mode.runToolCalls([{ type: 'reasoning' }, exec(source)]))).toEqual([
    {
      type: 'custom_tool_call_output',
      call_id: 'call_1',
      output: [
        { type: 'input_text', text: 'Script running with cell ID 1\nWall time\nOutput:\n' },
        { type: 'input_text', text: 'one' },
      ],
    },
    { type: 'custom_tool_call_output', call_id: 'call_1', name: 'exec', output: 'note' },
  ])
  expect(withoutWallTime(await mode.runToolCalls([call('wait', { cell_id: '1' })]))).toEqual([
    {
      type: 'function_call_output',
      call_id: 'call_2',
      output: [
        { type: 'input_text', text: 'Script completed\nWall time\nOutput:\n' },
        { type: 'input_text', text: 'two' },
        { type: 'input_image', image_url: png, detail: 'high' },
        { type: 'input_text', text: 'audio content omitted because you do not support audio input' },
      ],
    },
  ])
})

test.each([
  ['a cell without output', exec('1'), 'Script completed\nWall time\nOutput:\n'],
  [
    'a source that is refused',
    exec('// @exec: {}'),
    'exec pragma must be followed by JavaScript source on subsequent lines',
  ],
  ['exec as a function with an object', call('exec', { code: '1' }), 'Script completed\nWall time\nOutput:\n'],
  ['exec as a function with a bare source', call('exec', '1 + 1;'), 'Script completed\nWall time\nOutput:\n'],
  ['wait without JSON', call('wait', 'x'), expect.stringContaining('failed to parse function arguments: ')],
  ['an unknown function', call('none', {}), 'unsupported call: none'],
  [
    'an unknown custom tool',
    { type: 'custom_tool_call', call_id: 'c', name: 'none', input: '' },
    'unsupported custom tool call: none',
  ],
  [
    'wait as a custom tool',
    { type: 'custom_tool_call', call_id: 'c', name: 'wait', input: '{}' },
    'unsupported custom tool call: wait',
  ],
])('the output of %s is a text', async (_name, item, output) => {
  await using mode = await codeMode({ hosts })
  const answers = await mode.runToolCalls([item])
  expect(withoutWallTime(answers)).toEqual([expect.objectContaining({ output })])
})

test.each([
  null,
  'text',
  { type: 'function_call' },
  { type: 'function_call', call_id: 1, name: 'exec' },
  { type: 'message' },
])('runToolCalls() ignores %j, which is not a tool call', async (item) => {
  await using mode = await codeMode({ hosts })
  expect(await mode.runToolCalls([item])).toEqual([])
})

test('runToolCalls() runs the calls of one response concurrently', async () => {
  const meeting = meetingOf(2)
  const meet: Tool = { name: 'meet', call: async () => ((await meeting()) ? 'met' : 'missed') }
  await using mode = await codeMode({ hosts, tools: [meet] })
  const answers = await mode.runToolCalls([
    exec('text(await tools.meet())', 'a'),
    exec('text(await tools.meet())', 'b'),
  ])
  expect(answers.map((answer) => 'call_id' in answer && answer.call_id)).toEqual(['a', 'b'])
  expect(JSON.stringify(answers).match(/"met"/g)?.length).toBe(2)
})

test('runToolCalls() calls the direct tools and skips the tools of the caller', async () => {
  const tools: Tool[] = [
    {
      name: 'both',
      allowedCallers: ['direct', 'code'],
      inputSchema: { type: 'object' },
      call: (input) => ({ got: input }),
    },
    {
      name: 'shot',
      allowedCallers: ['direct'],
      call: () => ({ content: [{ type: 'image', mimeType: 'image/png', data: 'AA==' }] }),
    },
    { name: 'asks', allowedCallers: ['direct'], needsApproval: 'ask', call: () => 'done' },
    { name: 'fails', allowedCallers: ['direct'], call: () => Promise.reject(new TypeError('no')) },
    {
      name: 'typed',
      allowedCallers: ['direct'],
      inputSchema: z.object({ n: z.number().default(1) }),
      call: (input) => ({ got: input }),
    },
    { name: 'plain', call: () => 1 },
  ]
  await using mode = await codeMode({ hosts, tools, skippedTools: ['theirs'] })
  expect(mode.tools.map(({ name }) => name)).toEqual(['exec', 'wait', 'both', 'shot', 'asks', 'fails', 'typed'])
  expect(mode.tools.at(-1)).toMatchObject({ parameters: { properties: { n: { type: 'number', default: 1 } } } })
  const answers = await mode.runToolCalls([
    call('both', { a: 1 }),
    call('both', '[]'),
    call('shot', {}),
    call('asks', {}),
    call('fails', {}),
    call('typed', {}),
    call('plain', {}),
    call('theirs', {}),
  ])
  expect(answers.map(({ output }) => output)).toEqual([
    '{"got":{"a":1}}',
    'tool `both` expects a JSON object for arguments',
    [{ type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'high' }],
    'tool `asks` needs an approval, and no approver is available',
    'no',
    '{"got":{"n":1}}',
    'unsupported call: plain',
  ])
})

test('the model receives the calls that wait for a decision', async () => {
  const send: Tool = { name: 'send', needsApproval: 'ask', call: () => 'sent' }
  await using mode = await codeMode({ hosts, tools: [send], approvals: { hold: true } })
  expect(withoutWallTime(await mode.runToolCalls([exec('text(await tools.send({ to: "a" }))')]))).toMatchObject([
    {
      output: [
        { text: 'Script running with cell ID 1\nWall time\nOutput:\n' },
        {
          text: 'The user must approve these calls before the script continues:\nline 1: tools.send({"to":"a"})\nCall wait with cell_id "1" for the decision.',
        },
      ],
    },
  ])
  const [batch] = mode.session.pendingApprovals()
  await mode.session.decide(batch?.requests.map(({ key }) => key) ?? [], { type: 'allow' })
  expect(JSON.stringify(await mode.runToolCalls([call('wait', { cell_id: '1' })]))).toContain('"sent"')
})

test('the form "function" makes exec a function whose output contains the notifications', async () => {
  await using mode = await codeMode({ hosts, form: 'function' })
  expect(mode.tools.map(({ type, name }) => [type, name])).toEqual([
    ['function', 'exec'],
    ['function', 'wait'],
  ])
  expect(withoutWallTime(await mode.runToolCalls([call('exec', { code: 'notify("note")' })]))).toEqual([
    {
      type: 'function_call_output',
      call_id: 'call_2',
      output: [
        { type: 'input_text', text: 'Script completed\nWall time\nOutput:\n' },
        { type: 'input_text', text: 'Notification:\nnote' },
      ],
    },
  ])
})

test('an aborted runToolCalls() rejects and terminates its cell', async () => {
  const stop = new AbortController()
  const closed = Promise.withResolvers<string>()
  const tools: Tool[] = [
    {
      name: 'stuck',
      call() {
        stop.abort(new TypeError('enough'))
        return new Promise(() => {})
      },
    },
  ]
  await using mode = await codeMode({ hosts, tools, onCellClosed: (id) => closed.resolve(id) })
  await expect(mode.runToolCalls([exec('await tools.stuck()')], { signal: stop.signal })).rejects.toThrow('enough')
  expect(await closed.promise).toBe('1')
})

test('codeMode() closes its session when it refuses an option', async () => {
  const options = { hosts, storage: newFolder(), sessionId: 'chat' }
  await expect(codeMode({ ...options, maxOutputTokensCap: -1 })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  // A session that is still open would refuse a second one with its id.
  await using mode = await codeMode(options)
  expect(mode.session.id).toBe('chat')
})

test('tools and items have the types of the official client', () => {
  type Mode = Awaited<ReturnType<typeof codeMode>>
  expectTypeOf<Mode['tools'][number]>().toExtend<OpenAI.Responses.Tool>()
  expectTypeOf<ResponsesItem>().toExtend<OpenAI.Responses.ResponseInputItem>()
})
