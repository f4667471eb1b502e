import {
  Agent,
  MCPServerStdio,
  Runner,
  tool,
  type AgentInputItem,
  type MCPServer,
  type ModelRequest,
} from '@openai/agents'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { ScriptedModel } from '../../../test/support/scripted-models/agents-model.ts'
import { meetingOf } from '../../../test/fixtures/meeting.ts'
import { childEnv } from '../../../test/support/cli.ts'
import { newFolder } from '../../../test/support/folder.ts'
import { sharedHosts } from '../../../test/support/hosts.ts'
import { codeMode, type CodeMode } from './code-mode.ts'

const hosts = sharedHosts('in-process')
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const runner = new Runner({ tracingDisabled: true })

/** The outputs of the last tool call in a request, without the header. */
function outputs({ input }: Pick<ModelRequest, 'input'>): unknown[] {
  const items: readonly AgentInputItem[] = typeof input === 'string' ? [] : input
  const last = items.findLast((item) => item.type === 'function_call_result')
  const output: unknown = last?.type === 'function_call_result' ? last.output : null
  const parts: unknown[] = Array.isArray(output) ? output : [output]
  return parts.slice(1).map((part) => (isText(part) ? part.text : part))
}

function isText(part: unknown): part is { text: string } {
  return typeof part === 'object' && part !== null && 'text' in part
}

const lastOutputs = (model: ScriptedModel): unknown[] => outputs(model.requests.at(-1) ?? { input: [] })

test('a program calls function tools with the context of the run', async () => {
  const greet = tool({
    name: 'greet',
    description: 'Greets',
    parameters: z.object({ name: z.string() }),
    execute: ({ name }, run) => `${name}, ${JSON.stringify(run?.context)}`,
  })
  const fails = tool({
    name: 'fails',
    description: 'Fails',
    parameters: z.object({}),
    execute: () => Promise.reject(new TypeError('no')),
  })
  const off = tool({ name: 'off', description: 'Off', parameters: z.object({}), isEnabled: false, execute: () => 'on' })
  const guarded = tool({
    name: 'guarded',
    description: 'Guarded',
    parameters: z.object({}),
    inputGuardrails: [
      { name: 'never', run: () => Promise.resolve({ behavior: { type: 'rejectContent', message: 'never that' } }) },
    ],
    execute: () => 'reached',
  })
  await using mode = await codeMode({ hosts, sdkTools: [greet, fails, off, guarded] })
  const source = `
    notify('halfway')
    text(await tools.greet({ name: 'Ada' }))
    for (const name of ['fails', 'off', 'guarded']) try { text(await tools[name]({})) } catch (error) { text(error) }
    image('data:image/png;base64,${png}')`
  const model = new ScriptedModel([{ exec: source }, 'done'])
  const agent = new Agent<{ user: number }>({ name: 'a', model, tools: mode.tools })
  const result = await runner.run(agent, 'go', { context: { user: 1 } })
  expect(result.finalOutput).toBe('done')
  expect(lastOutputs(model)).toEqual([
    'Ada, {"user":1}',
    'An error occurred while running the tool. Please try again.',
    'tool `off` is not enabled now',
    'never that',
    { type: 'input_image', image: `data:image/png;base64,${png}`, detail: 'high' },
    'Notification:\nhalfway',
  ])
  const offered = model.requests[0]?.tools.map((each) => (each.type === 'function' ? each.name : each.type))
  expect(offered).toEqual(['exec', 'wait'])
})

test('a program can call the tools of MCP servers of the SDK', async () => {
  const server = new MCPServerStdio({
    name: 'fixture',
    command: process.execPath,
    args: ['test/fixtures/mcp-server.ts'],
    env: childEnv(),
  })
  await server.connect()
  try {
    await using mode = await codeMode({ hosts, mcpServers: [server] })
    const source = 'text(ALL_TOOLS.every(({ name }) => name.startsWith("mcp__fixture__"))); text(ALL_TOOLS.length > 0)'
    const model = new ScriptedModel([{ exec: source }, 'done'])
    await runner.run(new Agent({ name: 'a', model, tools: mode.tools }), 'go')
    expect(lastOutputs(model)).toEqual(['true', 'true'])
  } finally {
    await server.close()
  }
})

test('a run that streams calls nested tools', async () => {
  const six = tool({ name: 'six', description: 'Six', parameters: z.object({}), execute: () => 6 })
  await using mode = await codeMode({ hosts, sdkTools: [six] })
  const model = new ScriptedModel([{ exec: 'text(await tools.six({}))' }, 'done'])
  const result = await runner.run(new Agent({ name: 'a', model, tools: mode.tools }), 'go', { stream: true })
  await result.completed
  expect(result.finalOutput).toBe('done')
  expect(lastOutputs(model)).toEqual(['6'])
})

test('filters and guardrails of an MCP server apply to nested calls', async () => {
  const asked: unknown[] = []
  const listed = ['open', 'blocked', 'guarded'].map((name) => ({
    name,
    inputSchema: { type: 'object' as const, properties: {}, required: [], additionalProperties: false },
  }))
  const server: MCPServer = {
    name: 'own',
    cacheToolsList: false,
    toolFilter: (context, { name }) => {
      asked.push([context.serverName, context.agent.name, name])
      return Promise.resolve(name !== 'blocked')
    },
    toolInputGuardrails: [
      {
        type: 'tool_input',
        name: 'no guarded ones',
        run: ({ toolCall }) =>
          Promise.resolve({
            behavior: toolCall.name === 'guarded' ? { type: 'rejectContent', message: 'kept away' } : { type: 'allow' },
          }),
      },
    ],
    connect: () => Promise.resolve(),
    close: () => Promise.resolve(),
    listTools: () => Promise.resolve(listed),
    callTool: (name) => Promise.resolve([{ type: 'text', text: `${name} was called` }]),
    invalidateToolsCache: () => Promise.resolve(),
  }
  await using mode = await codeMode({ hosts, mcpServers: [server] })
  const source = `for (const name of ['open', 'blocked', 'guarded'])
    try { text(await tools['mcp__own__' + name]({})) } catch (error) { text(error) }`
  const model = new ScriptedModel([{ exec: source }, 'done'])
  await runner.run(new Agent({ name: 'reader', model, tools: mode.tools }), 'go')
  expect(lastOutputs(model)).toEqual([
    '{"content":[{"type":"text","text":"open was called"}]}',
    'tool `blocked` is not enabled now',
    'kept away',
  ])
  expect(asked).toEqual(['open', 'blocked', 'guarded'].map((name) => ['own', 'reader', name]))
})

test('a cell outside a run cannot call tools of the SDK', async () => {
  const six = tool({ name: 'six', description: 'Six', parameters: z.object({}), execute: () => 6 })
  await using mode = await codeMode({ hosts, sdkTools: [six] })
  const outcome = await mode.session.execute('try { await tools.six() } catch (error) { text(error) }')
  expect(outcome).toMatchObject({
    items: [{ text: 'this tool requires the run of an agent, and this script was started outside a run' }],
  })
})

test.each([
  { says: 'yes', removed: ['a', 'b'], answer: ['a gone', 'b gone'] },
  { says: 'no', removed: [], answer: Array(2).fill('the call of tool `remove` was denied: not those') },
])('the next wait interrupts the run for approvals, and the user says $says', async ({ says, removed, answer }) => {
  const done: string[] = []
  const remove = tool({
    name: 'remove',
    description: 'Removes',
    parameters: z.object({ path: z.string() }),
    // Both calls wait before the first question.
    needsApproval: meetingOf(2),
    execute({ path }) {
      done.push(path)
      return `${path} gone`
    },
  })
  await using mode = await codeMode({ hosts, sdkTools: [remove] })
  const source = `
    const all = await Promise.allSettled(['a', 'b'].map((path) => tools.remove({ path })))
    text(all.map(({ value, reason }) => value ?? reason))`
  const wait = { wait: { cell_id: '1' } }
  const model = new ScriptedModel([{ exec: source }, wait, ...(says === 'yes' ? [] : [wait]), 'done'])
  const agent = new Agent({ name: 'a', model, tools: mode.tools })
  const first = await runner.run(agent, 'go')
  expect(first.interruptions.map(({ name }) => name)).toEqual(['wait'])
  const [batch] = mode.pendingApprovals('1')
  expect(batch?.source).toBe(source)
  expect(batch?.requests.map(({ identifier, input, location: place }) => [identifier, input, place?.line])).toEqual([
    ['remove', { path: 'a' }, 2],
    ['remove', { path: 'b' }, 2],
  ])
  expect(done).toEqual([])
  for (const interruption of first.interruptions) {
    if (says === 'yes') first.state.approve(interruption)
    else first.state.reject(interruption, { message: 'not those' })
  }
  const second = await runner.run(agent, first.state)
  expect(second.finalOutput).toBe('done')
  expect(done).toEqual(removed)
  expect(lastOutputs(model)).toEqual([JSON.stringify(answer)])
})

test('a new process runs the calls that an earlier process left pending in the context of its own run', async () => {
  const done: string[] = []
  const remove = tool({
    name: 'remove',
    description: 'Removes',
    parameters: z.object({ path: z.string() }),
    needsApproval: true,
    execute({ path }, run) {
      done.push(`${path} ${JSON.stringify(run?.context)}`)
      return `${path} gone`
    },
  })
  const options = { hosts, storage: newFolder(), sessionId: 'chat', sdkTools: [remove] }
  const model = new ScriptedModel([
    { exec: 'text(await tools.remove({ path: "a" }))' },
    'later',
    { wait: { cell_id: '1' } },
    'done',
  ])
  const agentOf = ({ tools }: CodeMode): Agent => new Agent({ name: 'a', model, tools })
  const earlier = await codeMode(options)
  await runner.run(agentOf(earlier), 'go', { context: { user: 1 } })
  await earlier.close()
  await using mode = await codeMode(options)
  const agent = agentOf(mode)
  await expect.poll(() => mode.pendingApprovals('1')[0]?.requests.map(({ input }) => input)).toEqual([{ path: 'a' }])
  const asked = await runner.run(agent, 'go on', { context: { user: 2 } })
  for (const interruption of asked.interruptions) asked.state.approve(interruption)
  const last = await runner.run(agent, asked.state)
  expect([last.finalOutput, done, lastOutputs(model)]).toEqual(['done', ['a {"user":2}'], ['a gone']])
})
