import type Anthropic from '@anthropic-ai/sdk'
import { expect, expectTypeOf, test } from 'vitest'
import { withoutWallTime } from '../../../test/fixtures/without-wall-time.ts'
import { sharedHosts } from '../../../test/support/hosts.ts'
import type { Tool } from '../../tools/tool.ts'
import { codeMode } from './anthropic-messages.ts'

const hosts = sharedHosts('in-process')

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const use = (name: string, input: unknown, id = 'toolu_1'): object => ({ type: 'tool_use', id, name, input })

test('a tool result contains texts and images, and a text instead of audio', async () => {
  await using mode = await codeMode({ hosts })
  const code = `notify('note'); text('one'); image('data:image/png;base64,${png}'); audio('data:audio/wav;base64,UklGRg==')`
  expect(withoutWallTime(await mode.runToolCalls([{ type: 'text', text: 'so' }, use('exec', { code })]))).toEqual([
    {
      type: 'tool_result',
      tool_use_id: 'toolu_1',
      content: [
        { type: 'text', text: 'Script completed\nWall time\nOutput:\n' },
        { type: 'text', text: 'one' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
        { type: 'text', text: '[audio omitted: this interface does not support audio/wav]' },
        { type: 'text', text: 'Notification:\nnote' },
      ],
    },
  ])
})

test('a handler receives all calls that wait at the same time as one batch', async () => {
  const batches: unknown[] = []
  await using mode = await codeMode({
    hosts,
    tools: [{ name: 'send', needsApproval: 'ask', call: () => 'sent' }],
    approvals: {
      onBatch({ source, requests }) {
        batches.push([source, requests.map(({ location: place, input }) => [place?.line, input])])
        return new Map(requests.map(({ key }, index) => [key, { type: index === 0 ? 'allow' : 'deny' }]))
      },
    },
  })
  const code = `text(await Promise.all([1, 2].map((n) => tools.send({ n }).catch(String))))`
  expect(JSON.stringify(await mode.runToolCalls([use('exec', { code })]))).toContain(
    JSON.stringify('["sent","the call of tool `send` was denied"]'),
  )
  expect(batches).toEqual([
    [
      code,
      [
        [1, { n: 1 }],
        [1, { n: 2 }],
      ],
    ],
  ])
})

test.each([
  ['a script that fails', use('exec', { code: 'throw "no"' }), 'Script error:\nno', true],
  ['a bad input', use('exec', { nothing: 1 }), 'exec expects raw JavaScript source text', true],
  ['an unknown tool', use('none', {}), 'unsupported call: none', true],
  ['a missing cell', use('wait', { cell_id: '9' }), 'Script error:\nexec cell 9 not found; no cell is running', true],
  ['a script that works', use('exec', { code: 'text(1)' }), '1', undefined],
  // The API refuses errors with anything but text in them.
  [
    'a script that fails after an image',
    use('exec', { code: `image('data:image/png;base64,${png}'); throw "no"` }),
    'Script error:\nno',
    undefined,
  ],
])('the result of %s ends with a text', async (_name, block, last, isError) => {
  await using mode = await codeMode({ hosts })
  const [result] = await mode.runToolCalls([block])
  expect(result?.content.at(-1)).toEqual({ type: 'text', text: last })
  expect(result?.is_error).toBe(isError)
})

test('wait returns the rest of a cell that yielded', async () => {
  await using mode = await codeMode({ hosts })
  await mode.runToolCalls([use('exec', { code: 'text(1); yield_control(); text(2)' })])
  const [result] = await mode.runToolCalls([use('wait', { cell_id: '1' }, 'toolu_2')])
  expect(result?.content.at(-1)).toEqual({ type: 'text', text: '2' })
})

test('the last tool has the cache control, and the tools stay the same', async () => {
  const tools = [{ name: 'both', allowedCallers: ['direct', 'code'] as const, call: () => 1 }]
  await using mode = await codeMode({ hosts, tools, cacheControl: { type: 'ephemeral' } })
  expect(mode.tools.map(({ name, cache_control: mark }) => [name, mark])).toEqual([
    ['exec', undefined],
    ['wait', undefined],
    ['both', { type: 'ephemeral' }],
  ])
  expect(JSON.stringify(mode.tools)).toBe(JSON.stringify(mode.tools))
})

test('tools and results have the types of the official client', () => {
  type Mode = Awaited<ReturnType<typeof codeMode>>
  expectTypeOf<Mode['tools'][number]>().toExtend<Anthropic.Messages.Tool>()
  expectTypeOf<Awaited<ReturnType<Mode['runToolCalls']>>[number]>().toExtend<Anthropic.Messages.ToolResultBlockParam>()
})

test('direct tools have names that the API accepts, and their calls reach them', async () => {
  const direct = (namespace: string, name: string): Tool => ({
    name,
    namespace,
    allowedCallers: ['direct'],
    call: () => `${namespace}/${name}`,
  })
  const tools = [direct('my-api', 'get'), direct('my_api', 'get'), direct('my-api', `list/${'x'.repeat(80)}`)]
  await using mode = await codeMode({ hosts, tools })
  const names = mode.tools.slice(2).map(({ name }) => name)
  expect(names).toEqual([
    'my_api__get_my_dash_api',
    'my_api__get_my_api',
    expect.stringMatching(/^my_api__list_x{38}_[0-9a-f]{12}$/),
  ])
  expect(mode.tools[2]?.description).toBe('Tool "get" in namespace "my-api"')
  const results = await mode.runToolCalls(names.map((name, at) => use(name, {}, `toolu_${at}`)))
  expect(results.map(({ content }) => content)).toEqual(
    tools.map(({ namespace, name }) => [{ type: 'text', text: `${namespace}/${name}` }]),
  )
})
