import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reduced } from '../trace/recorded.ts'
import { bin, configFolder, filledWithYes } from './served.ts'

type Era = 'legacy' | 'modern'
const eras: readonly Era[] = ['legacy', 'modern']

let config: Awaited<ReturnType<typeof configFolder>>
beforeAll(async () => {
  config = await configFolder({ broken: { command: process.execPath, args: ['-e', 'process.exit(3)'] } })
})
afterAll(() => config[Symbol.asyncDispose]())

type Answer = 'yes' | 'no' | 'cannot ask'

async function connect(
  era: Era,
  { answer = 'cannot ask', args = [] }: { answer?: Answer; args?: readonly string[] } = {},
): Promise<{ client: Client; questions: string[] } & AsyncDisposable> {
  const client = new Client(
    { name: 'test', version: '1' },
    {
      versionNegotiation: { mode: era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } },
      capabilities: answer === 'cannot ask' ? {} : { elicitation: { form: {} } },
    },
  )
  const questions: string[] = []
  if (answer !== 'cannot ask') {
    client.setRequestHandler('elicitation/create', ({ params }) => {
      questions.push(params.message)
      if (answer === 'no' || !('requestedSchema' in params)) return { action: 'decline' }
      return { action: 'accept', content: filledWithYes(params.requestedSchema) }
    })
  }
  const all = [bin, 'serve', '--config', config.file, ...args]
  await client.connect(new StdioClientTransport({ command: process.execPath, args: all, stderr: 'ignore' }))
  return { client, questions, [Symbol.asyncDispose]: () => client.close() }
}

function run(client: Client, code: string, more: Record<string, unknown> = {}): ReturnType<Client['callTool']> {
  return client.callTool({ name: 'exec', arguments: { code, ...more } })
}

describe.each(eras)('codecell serve over stdio, %s era', (era) => {
  test('lists exec and wait, the same bytes each time, and says which servers are missing', async () => {
    await using connection = await connect(era)
    const first = await connection.client.listTools()
    expect(first.tools.map(({ name }) => name)).toEqual(['exec', 'wait'])
    expect(first.tools[0]?.description).toContain('mcp__db__drop')
    expect(first.tools[0]?.description).toMatch(/are missing, because they could not be started: "broken"\.$/)
    expect(JSON.stringify(await connection.client.listTools())).toBe(JSON.stringify(first))
    expect(await connection.client.listPrompts()).toMatchObject({ prompts: [] })
  })

  test('runs a program; texts are in the content and in the structured part, images in the content', async () => {
    await using connection = await connect(era)
    const source =
      'text("a"); image("data:image/png;base64,AAAA"); text((await tools.mcp__db__count({})).content[0].text)'
    const header = expect.stringMatching(/^Script completed\nWall time \d+\.\d seconds\nOutput:\n$/)
    expect(await run(connection.client, source)).toMatchObject({
      content: [
        { type: 'text', text: header },
        { type: 'text', text: 'a' },
        { type: 'image', mimeType: 'image/png', data: 'AAAA' },
        { type: 'text', text: '0' },
      ],
      structuredContent: { status: 'completed', output: expect.stringMatching(/Output:\n\na\n0$/) },
    })
  })

  test.each([
    ['a script that throws', { code: 'throw new Error("no")' }, /^Script failed\n[^]*Script error:\n[^]*no/],
    ['no program', {}, /^exec expects raw JavaScript source text$/],
    ['a program under another name', { source: 'throw 1' }, /^Script failed/],
  ])('marks %s as an error', async (_, input, expected) => {
    await using connection = await connect(era)
    const result = await connection.client.callTool({ name: 'exec', arguments: input })
    expect(result).toMatchObject({
      isError: true,
      structuredContent: { status: 'failed', output: expect.stringMatching(expected) },
    })
  })

  test('answers with a cell id within the longest yield, and wait goes on, with what the script said', async () => {
    await using connection = await connect(era, { args: ['--max-yield', '200'] })
    const source = 'notify("half"); await new Promise((go) => setTimeout(go, 1000)); text("end")'
    const first = await run(connection.client, source, { yield_time_ms: 3_600_000 })
    expect(first).toMatchObject({ structuredContent: { status: 'running', cell_id: '1' } })
    const texts = [first]
    while (isRunning(texts.at(-1))) {
      const input = { cell_id: '1', yield_time_ms: 3_600_000 }
      texts.push(await connection.client.callTool({ name: 'wait', arguments: input }))
    }
    const all = JSON.stringify(texts.map(({ content }) => content))
    expect(all.match(/Notification from the script:\\nhalf/g)).toHaveLength(1)
    expect(all).toContain('"end"')
  })

  test('reports progress with what the script said', async () => {
    await using connection = await connect(era)
    const heard = Promise.withResolvers<string | undefined>()
    const call = connection.client.callTool(
      { name: 'exec', arguments: { code: 'notify("halfway"); await tools.mcp__db__never({})' } },
      { onprogress: ({ message }) => heard.resolve(message), signal: AbortSignal.timeout(60_000) },
    )
    call.catch(() => undefined)
    expect(await heard.promise).toBe('halfway')
  })

  test('records each client with --trace; what happened in a cell is a resource', async () => {
    const root = join(config.folder, `traces-${era}`)
    {
      await using connection = await connect(era, { args: ['--trace', root] })
      await run(connection.client, 'text((await tools.mcp__db__count({})).content[0].text)')
      const { resources } = await connection.client.listResources()
      expect(resources).toMatchObject([{ uri: 'codecell://trace/1', name: 'What happened in cell 1' }])
      const { contents } = await connection.client.readResource({ uri: 'codecell://trace/1' })
      expect(contents).toMatchObject([{ text: expect.stringMatching(/cell 1 .*completed[^]*db: count/) }])
      await expect(connection.client.readResource({ uri: 'codecell://trace/../1' })).rejects.toThrow('no such resource')
    }
    const [name = '', ...others] = readdirSync(root)
    expect(others).toEqual([])
    await expect.poll(() => reduced(join(root, name)).state.recording_complete, { timeout: 20_000 }).toBe(true)
  })

  test('a cancelled exec ends its cell; a cancelled wait lets it go on', async () => {
    await using connection = await connect(era)
    const { client } = connection
    const started = Promise.withResolvers<void>()
    const stop = new AbortController()
    const source = 'notify("started"); await tools.mcp__db__never({})'
    const cancelled = client.callTool(
      { name: 'exec', arguments: { code: source } },
      { signal: stop.signal, onprogress: () => started.resolve() },
    )
    await started.promise
    stop.abort()
    await expect(cancelled).rejects.toThrow()
    // Waited for, because the end of the cell is not told to whoever cancelled.
    await expect
      .poll(async () => statusOf(await client.callTool({ name: 'wait', arguments: { cell_id: '1' } })), {
        timeout: 20_000,
      })
      .toMatch(/^(failed|terminated)$/)
    const second = await run(client, 'await tools.mcp__db__never({})', { yield_time_ms: 1 })
    expect(second).toMatchObject({ structuredContent: { status: 'running', cell_id: '2' } })
    const waiting = client.callTool({ name: 'wait', arguments: { cell_id: '2' } }, { signal: AbortSignal.timeout(300) })
    await expect(waiting).rejects.toThrow()
    await expect
      .poll(async () => textOf(await client.callTool({ name: 'wait', arguments: { cell_id: '2', terminate: true } })), {
        timeout: 20_000,
      })
      .toMatch(/^Script terminated/)
  })

  test.each([
    ['yes', 'ran', '1'],
    ['no', 'the call of tool `mcp__db__drop` was denied: the user said no', '0'],
  ] as const)(
    'asks the person about destructive calls, who says %s; the script runs once',
    async (answer, said, count) => {
      await using connection = await connect(era, { answer })
      const source = `text("begun"); const said = await tools.mcp__db__drop({ table: "users" }).then(() => "ran", (e) => String(e));
      text(said); text((await tools.mcp__db__count({})).content[0].text)`
      const result = await run(connection.client, source)
      expect(textsOf(result).slice(1)).toEqual(['begun', said, count])
      expect(connection.questions).toEqual([
        `Allow these calls of a program?

The program:
> 1 | text("begun"); const said = await tools.mcp__db__drop({ table: "users" }).then(() => "ran", (e
      ) => String(e));
  2 |       text(said); text((await tools.mcp__db__count({})).content[0].text)

1 call of tools.mcp__db__drop from line 1 (destructive)
  1 | text("begun"); const said = await tools.mcp__db__drop({ table: "users" }).then(() => "ran", (e
      ) => String(e));
  {"table":"users"}`,
      ])
    },
  )

  test('asks for several calls of one program, one after the other and together', async () => {
    await using connection = await connect(era, { answer: 'yes' })
    const source = `const drop = () => tools.mcp__db__drop({}); await drop(); await Promise.all([drop(), drop()]); await drop(); text("end")`
    expect(textsOf(await run(connection.client, source)).slice(1)).toEqual(['end'])
    // The two in the middle wait at the same moment.
    expect(connection.questions.map((question) => question.match(/\d calls? of/)?.[0])).toEqual([
      '1 call of',
      '2 calls of',
      '1 call of',
    ])
  })

  test('a client that cannot ask has its calls made', async () => {
    await using connection = await connect(era)
    const source = 'text((await tools.mcp__db__drop({})).content[0].text)'
    expect(textsOf(await run(connection.client, source)).slice(1)).toEqual(['dropped 1'])
  })

  test('--read-only denies what may write, whoever calls it', async () => {
    await using connection = await connect(era, { answer: 'yes', args: ['--read-only', '--passthrough'] })
    const { client } = connection
    const source = `text(await tools.mcp__db__drop({}).catch(String)); text((await tools.mcp__db__count({})).content[0].text)`
    const why = 'it may write, and this server only reads'
    expect(textsOf(await run(client, source)).slice(1)).toEqual([
      `the call of tool \`mcp__db__drop\` was denied: ${why}`,
      '0',
    ])
    expect(await client.callTool({ name: 'mcp__db__drop', arguments: {} })).toMatchObject({
      isError: true,
      content: [{ text: `the call of tool mcp__db__drop was denied: ${why}` }],
    })
    expect(await client.callTool({ name: 'mcp__db__count', arguments: {} })).toMatchObject({ content: [{ text: '0' }] })
  })

  test('output that had no room is a resource', async () => {
    await using connection = await connect(era)
    expect(await connection.client.listResources()).toMatchObject({ resources: [] })
    await run(connection.client, 'text("x".repeat(5000))', { max_output_tokens: 10 })
    const { resources } = await connection.client.listResources()
    expect(resources).toEqual([
      { uri: 'codecell://output/1', name: 'Output of cell 1', mimeType: 'text/plain', size: 5000 },
    ])
    const { contents } = await connection.client.readResource({ uri: 'codecell://output/1' })
    expect(contents).toEqual([{ uri: 'codecell://output/1', mimeType: 'text/plain', text: 'x'.repeat(5000) }])
    await expect(connection.client.readResource({ uri: 'codecell://output/9' })).rejects.toThrow('no such resource')
  })

  test('--passthrough offers the tools as they are', async () => {
    await using connection = await connect(era, { args: ['--passthrough'] })
    const { tools } = await connection.client.listTools()
    expect(tools.slice(2).map(({ name, annotations }) => [name, annotations])).toEqual([
      ['mcp__db__count', { readOnlyHint: true }],
      ['mcp__db__drop', { destructiveHint: true }],
      ['mcp__db__never', {}],
      ['mcp__db__number', {}],
    ])
    expect(await connection.client.callTool({ name: 'mcp__db__number', arguments: {} })).toMatchObject({
      content: [{ type: 'text', text: '7' }],
      structuredContent: { n: 7 },
    })
    await expect(connection.client.callTool({ name: 'nope', arguments: {} })).rejects.toThrow('There is no tool "nope"')
  })

  test.each([
    ['yes', [{ type: 'text', text: 'dropped 1' }], 1],
    ['no', [{ type: 'text', text: 'the call of tool mcp__db__drop was denied: the user said no' }], 1],
    [
      'cannot ask',
      [{ type: 'text', text: 'tool mcp__db__drop needs an approval, and this MCP client cannot ask anybody' }],
      0,
    ],
  ] as const)(
    'a tool passed through that the configuration has asked about: %s',
    async (answer, content, questions) => {
      const settings = { tools: { drop: { approve: true } } }
      await using own = await configFolder({}, settings)
      await using connection = await connect(era, { answer, args: ['--passthrough', '--config', own.file] })
      expect(await connection.client.callTool({ name: 'mcp__db__drop', arguments: {} })).toMatchObject({ content })
      expect(connection.questions).toHaveLength(questions)
    },
  )
})

test('the client of the first SDK runs programs and is asked', async () => {
  const client = new FirstClient({ name: 'first', version: '1' }, { capabilities: { elicitation: {} } })
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => ({
    action: 'accept',
    content: 'requestedSchema' in params ? filledWithYes(params.requestedSchema) : {},
  }))
  const args = [bin, 'serve', '--config', config.file]
  await client.connect(new FirstTransport({ command: process.execPath, args, stderr: 'ignore' }))
  try {
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['exec', 'wait'])
    const code = 'text((await tools.mcp__db__drop({})).content[0].text)'
    const result = await client.callTool({ name: 'exec', arguments: { code } })
    expect(textsOf(result).slice(1)).toEqual(['dropped 1'])
  } finally {
    await client.close()
  }
})

test('what a server behind changes is told, and the next program has it', async () => {
  const raw = fileURLToPath(new URL('../fixtures/raw-mcp-server.ts', import.meta.url))
  await using own = await configFolder({ raw: { command: process.execPath, args: [raw, 'changes-tools'] } })
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'legacy' } })
  const told = Promise.withResolvers<void>()
  client.setNotificationHandler('notifications/tools/list_changed', () => told.resolve())
  const args = [bin, 'serve', '--config', own.file]
  await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }))
  try {
    await run(client, 'await tools.mcp__raw__change({})')
    await told.promise
    expect((await client.listTools()).tools[0]?.description).toContain('mcp__raw__tool_1')
    expect(textsOf(await run(client, 'text(typeof tools.mcp__raw__tool_1)')).slice(1)).toEqual(['function'])
  } finally {
    await client.close()
  }
})

test('the end of its input ends the process with code 0, running cells too; its output is protocol only', async () => {
  const child = spawn(process.execPath, [bin, 'serve', '--config', config.file], { stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  const send = (message: object): unknown => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  const lines: unknown[] = []
  let rest = ''
  const answered = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split('\n')
      rest = parts.pop() ?? ''
      lines.push(...parts.map((line): unknown => JSON.parse(line)))
      if (lines.length === 2) resolve()
    })
  })
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } }
  send({ id: 1, method: 'initialize', params })
  send({ method: 'notifications/initialized' })
  const input = { code: 'await tools.mcp__db__never({})', yield_time_ms: 1 }
  send({ id: 2, method: 'tools/call', params: { name: 'exec', arguments: input } })
  await answered
  child.stdin.end()
  expect(await ended).toBe(0)
  expect(lines).toMatchObject([{ id: 1 }, { id: 2, result: { structuredContent: { status: 'running' } } }])
  expect(rest).toBe('')
})

function statusOf(result: unknown): unknown {
  return JSON.parse(JSON.stringify(result))?.structuredContent?.status
}

function isRunning(result: unknown): boolean {
  return statusOf(result) === 'running'
}

function textsOf(result: unknown): string[] {
  const content: { text?: string }[] = JSON.parse(JSON.stringify(result)).content
  return content.flatMap(({ text }) => text ?? [])
}

function textOf(result: unknown): string {
  return textsOf(result).join('\n')
}
