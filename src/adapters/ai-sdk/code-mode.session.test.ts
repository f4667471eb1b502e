import {
  generateText,
  isStepCount,
  jsonSchema,
  streamText,
  tool,
  ToolLoopAgent,
  type ModelMessage,
  type ToolSet,
} from 'ai'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { scriptedModel } from '../../../test/support/scripted-models/ai-sdk-model.ts'
import { sharedHosts } from '../../../test/support/hosts.ts'
import { codeMode } from './code-mode.ts'

const hosts = sharedHosts('in-process')

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** The texts that the model got from tool calls, without the headers. */
function outputsOf(messages: readonly ModelMessage[]): string[] {
  const parts = messages.flatMap((message) => (message.role === 'tool' ? message.content : []))
  const texts = parts.flatMap((part) => {
    if (part.type !== 'tool-result' || part.output.type !== 'content') return []
    return part.output.value.flatMap((piece) => (piece.type === 'text' ? [piece.text] : []))
  })
  return texts.filter((text) => !text.startsWith('Script '))
}

test('a program calls the tools that the SDK routes to exec and hides from the model', async () => {
  await using mode = await codeMode({ hosts })
  const add = tool({
    description: 'Adds',
    inputSchema: z.object({ a: z.coerce.number(), b: z.number().default(2) }),
    execute: ({ a, b }) => a + b,
  })
  const model = scriptedModel([{ exec: 'text(await tools.add({ a: "40" }))' }, 'done'])
  const result = await generateText({
    model,
    tools: { ...mode.tools, add },
    experimental_toolCallers: mode.callers({ add }),
    stopWhen: isStepCount(5),
    prompt: 'add',
  })
  expect(result.text).toBe('done')
  expect(outputsOf(result.responseMessages)).toEqual(['42'])
  const offered = model.doGenerateCalls[0]?.tools ?? []
  expect(offered.map(({ name }) => name)).toEqual(['exec', 'wait'])
  expect(JSON.stringify(offered)).toContain('### `add`')
  expect(offered).toEqual(model.doGenerateCalls[1]?.tools)
})

test('the model and programs can share a tool', async () => {
  await using mode = await codeMode({ hosts })
  const six = tool({ inputSchema: z.object({}), execute: () => 6 })
  const model = scriptedModel([{ exec: 'text(await tools.six())' }, 'done'])
  const result = await generateText({
    model,
    tools: { ...mode.tools, six },
    experimental_toolCallers: { six: ['exec', 'AI_SDK_DIRECT_TOOL_CALL'] },
    stopWhen: isStepCount(5),
    prompt: 'go',
  })
  expect(outputsOf(result.responseMessages)).toEqual(['6'])
  expect(model.doGenerateCalls[0]?.tools?.map(({ name }) => name)).toEqual(['exec', 'wait', 'six'])
})

test('an agent of the SDK accepts the tools of code mode', async () => {
  await using mode = await codeMode({ hosts })
  const tools = { six: tool({ inputSchema: z.object({}), execute: () => 6 }) }
  const model = scriptedModel([{ exec: 'text(await tools.six())' }, 'done'])
  const agent = new ToolLoopAgent({
    model,
    tools: { ...mode.tools, ...tools },
    experimental_toolCallers: mode.callers(tools),
  })
  const result = await agent.generate({ prompt: 'go' })
  expect(result.text).toBe('done')
  expect(outputsOf(result.responseMessages)).toEqual(['6'])
})

test('two concurrent runs keep their tools apart', async () => {
  await using mode = await codeMode({ hosts })
  const runs = ['a', 'b'].map(async (name) => {
    const tools: ToolSet = { [name]: tool({ inputSchema: z.object({}), execute: () => name }) }
    const model = scriptedModel([{ exec: `text([ALL_TOOLS.map(({ name }) => name), await tools.${name}()])` }, 'done'])
    const result = await generateText({
      model,
      tools: { ...mode.tools, ...tools },
      experimental_toolCallers: mode.callers(tools),
      stopWhen: isStepCount(5),
      prompt: 'go',
    })
    return outputsOf(result.responseMessages)
  })
  expect(await Promise.all(runs)).toEqual([['[["a"],"a"]'], ['[["b"],"b"]']])
})

test('a program calls tools of every kind in the options of codeMode()', async () => {
  const seen: unknown[] = []
  const tools: ToolSet = {
    streams: tool({
      inputSchema: z.object({}),
      async *execute() {
        yield 'half'
        yield 'whole'
      },
    }),
    dynamic: {
      type: 'dynamic',
      description: ({ context }) => `told ${JSON.stringify(context)}`,
      inputSchema: jsonSchema({ type: 'object', properties: { n: { type: 'number' } } }),
      contextSchema: z.object({ user: z.string() }),
      execute(input, { toolCallId, context, messages, abortSignal }) {
        seen.push({
          input,
          toolCallId,
          context,
          roles: messages.map(({ role }) => role),
          aborted: abortSignal?.aborted,
        })
        return { ok: true }
      },
    },
    later: {
      inputSchema: jsonSchema(Promise.resolve({ type: 'object', properties: { when: { type: 'string' } } })),
      execute: () => 1,
    },
    fails: tool({
      inputSchema: z.object({ n: z.number() }),
      execute: (): Promise<string> => Promise.reject(new TypeError('no')),
    }),
    browser: tool({ inputSchema: z.object({}), outputSchema: z.object({}) }),
  }
  await using mode = await codeMode({ hosts, sdkTools: tools, toolsContext: { dynamic: { user: 'ada' } } })
  const source = `
    text(await tools.streams({}))
    text(await tools.dynamic({ n: 1 }))
    for (const n of [1, 'x']) try { await tools.fails({ n }) } catch (error) { text(error) }
    text(ALL_TOOLS.map(({ name }) => name).join())`
  const model = scriptedModel([{ exec: source }, 'done'])
  const result = await generateText({ model, tools: mode.tools, stopWhen: isStepCount(5), prompt: 'go' })
  expect(outputsOf(result.responseMessages)).toEqual([
    'whole',
    '{"ok":true}',
    'no',
    expect.stringMatching(/schema of the tool: n: Invalid input: expected number, received string$/),
    'dynamic,fails,later,streams',
  ])
  expect(seen).toEqual([
    { input: { n: 1 }, toolCallId: 'call-1:tool-2', context: { user: 'ada' }, roles: ['user'], aborted: false },
  ])
  const offered = JSON.stringify(model.doGenerateCalls[0]?.tools)
  expect(offered).toContain('told {\\"user\\":\\"ada\\"}')
  expect(offered).toContain('when?: string')
})

test('preliminary results contain notifications, and the last result contains calls and images', async () => {
  const tools = { slow: tool({ inputSchema: z.object({}), execute: () => 'slow' }) }
  await using mode = await codeMode({ hosts, sdkTools: tools })
  const source = `notify('halfway'); await tools.slow({}); image('data:image/png;base64,${png}')`
  const model = scriptedModel([{ exec: source }, 'done'])
  const result = streamText({ model, tools: mode.tools, stopWhen: isStepCount(5), prompt: 'go' })
  const outputs: unknown[] = []
  for await (const part of result.stream) {
    if (part.type === 'tool-result' && part.toolName === 'exec') outputs.push(part)
  }
  expect(outputs.length).toBeGreaterThan(1)
  expect(outputs[0]).toMatchObject({ preliminary: true, output: { type: 'running', notifications: ['halfway'] } })
  expect(outputs.at(-1)).toMatchObject({
    output: {
      type: 'response',
      success: true,
      cellId: null,
      notifications: ['halfway'],
      calls: [{ callId: 'tool-1', tool: 'slow', state: 'done' }],
    },
  })
  const message = model.doStreamCalls[1]?.prompt.find(({ role }) => role === 'tool')
  const header: unknown = expect.objectContaining({ type: 'text' })
  expect(message?.content[0]).toMatchObject({
    output: {
      type: 'content',
      value: [
        header,
        { type: 'file', mediaType: 'image/png', data: { type: 'data', data: png } },
        { type: 'text', text: 'Notification:\nhalfway' },
      ],
    },
  })
})

test('the outer stream contains what a nested tool streams', async () => {
  const seen = Promise.withResolvers<void>()
  const tools = {
    search: tool({
      inputSchema: z.object({}),
      async *execute() {
        yield 'half'
        await seen.promise
        yield 'whole'
      },
    }),
  }
  await using mode = await codeMode({ hosts, sdkTools: tools })
  const model = scriptedModel([{ exec: 'text(await tools.search({}))' }, 'done'])
  const result = streamText({ model, tools: mode.tools, stopWhen: isStepCount(5), prompt: 'go' })
  for await (const part of result.stream) {
    if (part.type !== 'tool-result' || part.dynamic === true || part.toolName !== 'exec') continue
    if (part.output.calls.some(({ preliminary }) => preliminary === 'half')) seen.resolve()
  }
  expect(outputsOf(await result.responseMessages)).toEqual(['whole'])
})

test('an aborted run terminates its cell', async () => {
  const stop = new AbortController()
  const aborted = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<string>()
  const tools = {
    stuck: tool({
      inputSchema: z.object({}),
      execute(_input, { abortSignal }) {
        abortSignal?.addEventListener('abort', () => aborted.resolve())
        stop.abort()
        return new Promise(() => {})
      },
    }),
  }
  await using mode = await codeMode({ hosts, sdkTools: tools, onCellClosed: (cellId) => closed.resolve(cellId) })
  const model = scriptedModel([{ exec: 'await tools.stuck({})' }, 'done'])
  const run = generateText({ model, tools: mode.tools, prompt: 'go', abortSignal: stop.signal })
  await run.catch(() => undefined)
  await aborted.promise
  expect(await closed.promise).toBe('1')
})
