import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ElicitRequestSchema, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { reduced } from '../trace/recorder/recorded.ts'
import { configFolder, filledWithApproval, fixtureServer, type Era } from './served.ts'
import { serveCommand, StdioClient, structuredOf, textsBelowHeader } from './stdio-client.ts'

const eras: readonly Era[] = ['legacy', 'modern']

const drops = 'Number((await tools.mcp__db__count({})).content[0].text)'

let config: Awaited<ReturnType<typeof configFolder>>
beforeAll(async () => {
  config = await configFolder({
    db: fixtureServer('hinted-mcp-server.ts'),
    broken: { command: process.execPath, args: ['-e', 'process.exit(3)'] },
  })
})
afterAll(() => config[Symbol.asyncDispose]())

describe.each(eras)('codecell serve on standard streams, with a client of the %s era,', (era) => {
  let traces: string
  let served: StdioClient
  beforeAll(async () => {
    traces = join(config.folder, `traces-${era}`)
    served = await StdioClient.start(era, ['--config', config.file, '--trace', traces])
  })
  beforeEach(() => {
    served.questions = []
    served.answer = 'yes'
  })
  afterAll(() => served[Symbol.asyncDispose]())

  test('lists exec and wait with the same bytes each time, and names servers that did not start', async () => {
    const first = await served.client.listTools()
    expect(first.tools.map(({ name }) => name)).toEqual(['exec', 'wait'])
    expect(first.tools[0]?.description).toContain('mcp__db__drop')
    expect(first.tools[0]?.description).toMatch(/are missing, because the servers did not start: "broken"\.$/)
    expect(JSON.stringify(await served.client.listTools())).toBe(JSON.stringify(first))
    expect(await served.client.listPrompts()).toMatchObject({ prompts: [] })
  })

  test('returns texts in the content and in the structured part, and images in the content', async () => {
    const source = `text("a"); image("data:image/png;base64,AAAA"); text(typeof ${drops})`
    const header = expect.stringMatching(/^Script completed\nWall time \d+\.\d seconds\nOutput:\n$/)
    expect(await served.exec(source)).toMatchObject({
      content: [
        { type: 'text', text: header },
        { type: 'text', text: 'a' },
        { type: 'image', mimeType: 'image/png', data: 'AAAA' },
        { type: 'text', text: 'number' },
      ],
      structuredContent: { status: 'completed', output: expect.stringMatching(/Output:\n\na\nnumber$/) },
    })
  })

  test.each([
    ['a script that throws', { code: 'throw new Error("no")' }, /^Script failed\n[^]*Script error:\n[^]*no/],
    ['a call without a program', {}, /^exec expects raw JavaScript source text$/],
    ['a failing program under another name', { source: 'throw 1' }, /^Script failed/],
  ])('marks the result of %s as an error', async (_, input, expected) => {
    expect(await served.client.callTool({ name: 'exec', arguments: input })).toMatchObject({
      isError: true,
      structuredContent: { status: 'failed', output: expect.stringMatching(expected) },
    })
  })

  test('reports a notification of a program as progress', async () => {
    const heard = Promise.withResolvers<string | undefined>()
    const stop = new AbortController()
    const call = served.client.callTool(
      { name: 'exec', arguments: { code: 'notify("halfway"); await tools.mcp__db__never({})' } },
      { onprogress: ({ message }) => heard.resolve(message), signal: stop.signal },
    )
    call.catch(() => undefined)
    expect(await heard.promise).toBe('halfway')
    stop.abort()
  })

  test('ends the cell of an exec that is canceled', async () => {
    const cellId = await served.nextCellId()
    const started = Promise.withResolvers<void>()
    const stop = new AbortController()
    const canceled = served.client.callTool(
      { name: 'exec', arguments: { code: 'notify("started"); await tools.mcp__db__never({})' } },
      { signal: stop.signal, onprogress: () => started.resolve() },
    )
    await started.promise
    stop.abort()
    await expect(canceled).rejects.toThrow()
    await expect.poll(async () => structuredOf(await served.wait(cellId)).status).toMatch(/^(failed|terminated)$/)
  })

  test('keeps the cell of a wait that is canceled', async () => {
    const { status, cell_id: cellId = '' } = structuredOf(
      await served.exec('yield_control(); await tools.mcp__db__never({})'),
    )
    expect(status).toBe('running')
    const stop = new AbortController()
    const waiting = served.client.callTool({ name: 'wait', arguments: { cell_id: cellId } }, { signal: stop.signal })
    // The server has read the wait when it answers this.
    await served.exec('')
    stop.abort()
    await expect(waiting).rejects.toThrow()
    await expect
      .poll(async () => structuredOf(await served.wait(cellId, { terminate: true })).status)
      .toBe('terminated')
  })

  test.each([
    ['yes', 'ran', 1],
    ['no', 'the call of tool `mcp__db__drop` was denied: the user declined', 0],
  ] as const)(
    'asks the user about a destructive call once, and applies the response %s',
    async (answer, said, count) => {
      served.answer = answer
      const source = `const before = ${drops}
text("begun"); const said = await tools.mcp__db__drop({ table: "users" }).then(() => "ran", (e) => String(e));
      text(said); text(${drops} - before)`
      expect(textsBelowHeader(await served.exec(source))).toEqual(['begun', said, String(count)])
      expect(served.questions).toEqual([
        `Allow these calls of a program?

The program:
  1 | const before = ${drops}
> 2 | text("begun"); const said = await tools.mcp__db__drop({ table: "users" }).then(() => "ran", (e
      ) => String(e));
  3 |       text(said); text(${drops} - before)

1 call of tools.mcp__db__drop from line 2 (destructive)
  2 | text("begun"); const said = await tools.mcp__db__drop({ table: "users" }).then(() => "ran", (e
      ) => String(e));
  {"table":"users"}`,
      ])
    },
  )

  test('asks about the calls that wait at the same time together', async () => {
    const source = `const drop = () => tools.mcp__db__drop({}); await drop(); await Promise.all([drop(), drop()]); await drop(); text("end")`
    expect(textsBelowHeader(await served.exec(source))).toEqual(['end'])
    expect(served.questions.map((question) => question.match(/\d calls? of/)?.[0])).toEqual([
      '1 call of',
      '2 calls of',
      '1 call of',
    ])
  })

  test('offers truncated output as a resource', async () => {
    const outputs = async (): Promise<unknown[]> =>
      (await served.client.listResources()).resources.filter(({ uri }) => uri.startsWith('codecell://output/'))
    expect(await outputs()).toEqual([])
    const cellId = await served.nextCellId()
    await served.exec('text("x".repeat(5000))', { max_output_tokens: 10 })
    const uri = `codecell://output/${cellId}`
    expect(await outputs()).toEqual([{ uri, name: `Output of cell ${cellId}`, mimeType: 'text/plain', size: 5000 }])
    const { contents } = await served.client.readResource({ uri })
    expect(contents).toEqual([{ uri, mimeType: 'text/plain', text: 'x'.repeat(5000) }])
    await expect(served.client.readResource({ uri: 'codecell://output/999' })).rejects.toThrow('Unknown resource')
  })

  test('offers the trace of a recorded cell as a resource, and completes the recording', async () => {
    const cellId = await served.nextCellId()
    await served.exec(`text(${drops})`)
    const uri = `codecell://trace/${cellId}`
    const { resources } = await served.client.listResources()
    expect(resources).toContainEqual(expect.objectContaining({ uri, name: `Trace of cell ${cellId}` }))
    const { contents } = await served.client.readResource({ uri })
    expect(contents).toMatchObject([
      { text: expect.stringMatching(new RegExp(`cell ${cellId} .*completed[^]*mcp__db__count`)) },
    ])
    await expect(served.client.readResource({ uri: 'codecell://trace/../1' })).rejects.toThrow('Unknown resource')
    await served.client.close()
    const [name = '', ...others] = readdirSync(traces)
    expect(others).toEqual([])
    await expect.poll(() => reduced(join(traces, name)).state.recording_status).toBe('complete')
  })
})

test('codecell serve --read-only --passthrough denies the calls that may write, of programs and of the client', async () => {
  const args = ['--config', config.file, '--read-only', '--passthrough']
  await using served = await StdioClient.start('modern', args)
  const why = 'it can write, and this server is read-only'
  const source = `text(await tools.mcp__db__drop({}).catch(String)); text(${drops})`
  const denied = `the call of tool \`mcp__db__drop\` was denied: ${why}`
  expect(textsBelowHeader(await served.exec(source))).toEqual([denied, '0'])
  expect(await served.call('mcp__db__drop')).toMatchObject({
    isError: true,
    content: [{ text: `the call of tool mcp__db__drop was denied: ${why}` }],
  })
  expect(await served.call('mcp__db__count')).toMatchObject({ content: [{ text: '0' }] })
})

describe.each(eras)('codecell serve --passthrough --max-yield, with a client of the %s era,', (era) => {
  let own: Awaited<ReturnType<typeof configFolder>>
  let served: StdioClient
  beforeAll(async () => {
    const settings = { tools: { number: { approve: true } } }
    own = await configFolder({ db: fixtureServer('hinted-mcp-server.ts', [], settings) })
    served = await StdioClient.start(era, ['--config', own.file, '--passthrough', '--max-yield', '200'])
  })
  afterAll(async () => {
    await served[Symbol.asyncDispose]()
    await own[Symbol.asyncDispose]()
  })

  test('offers the tools in addition to exec and wait', async () => {
    const { tools } = await served.client.listTools()
    expect(tools.slice(2).map(({ name, annotations }) => [name, annotations])).toEqual([
      ['mcp__db__count', { readOnlyHint: true }],
      ['mcp__db__drop', { destructiveHint: true }],
      ['mcp__db__never', {}],
      ['mcp__db__number', {}],
    ])
    await expect(served.call('nope')).rejects.toThrow('Unknown tool "nope"')
  })

  test.each([
    ['yes', { content: [{ type: 'text', text: '7' }], structuredContent: { n: 7 } }],
    ['no', { content: [{ type: 'text', text: 'the call of tool mcp__db__number was denied: the user declined' }] }],
  ] as const)(
    'asks about a call of a tool that needs an approval, and applies the response %s',
    async (answer, result) => {
      served.questions = []
      served.answer = answer
      expect(await served.call('mcp__db__number')).toMatchObject(result)
      expect(served.questions).toHaveLength(1)
    },
  )

  test('responds to exec and wait at the maximum yield time, with each notification once', async () => {
    const more = { yield_time_ms: 3_600_000 }
    // The cell runs until the client drops something.
    const source = `notify("half"); while (${drops} === 0) await new Promise((go) => setTimeout(go, 20)); text("end")`
    const answers = [await served.exec(source, more)]
    const { status, cell_id: cellId = '' } = structuredOf(answers[0])
    expect(status).toBe('running')
    answers.push(await served.wait(cellId, more))
    expect(structuredOf(answers[1])).toMatchObject({ status: 'running', cell_id: cellId })
    await served.call('mcp__db__drop')
    while (structuredOf(answers.at(-1)).status === 'running') answers.push(await served.wait(cellId, more))
    const all = JSON.stringify(answers.map((answer) => textsBelowHeader(answer)))
    expect(all.match(/Notification from the script:\\nhalf/g)).toHaveLength(1)
    expect(all).toContain('"end"')
  })
})

describe('the client of the first SDK', () => {
  const client = new FirstClient({ name: 'first', version: '1' }, { capabilities: { elicitation: {} } })
  let own: Awaited<ReturnType<typeof configFolder>>
  beforeAll(async () => {
    own = await configFolder({
      db: fixtureServer('hinted-mcp-server.ts'),
      raw: fixtureServer('raw-mcp-server.ts', ['changes-tools']),
    })
    await client.connect(new FirstTransport(serveCommand(['--config', own.file])))
  })
  afterAll(async () => {
    await client.close()
    await own[Symbol.asyncDispose]()
  })

  const textsFor = async (code: string): Promise<string[]> =>
    textsBelowHeader(await client.callTool({ name: 'exec', arguments: { code } }))

  test('runs a program and gets a form', async () => {
    let questions = 0
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      questions++
      return {
        action: 'accept',
        content: 'requestedSchema' in params ? filledWithApproval(params.requestedSchema) : {},
      }
    })
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['exec', 'wait'])
    expect(await textsFor('text((await tools.mcp__db__drop({})).content[0].text)')).toEqual(['dropped 1'])
    expect(questions).toBe(1)
  })

  test('is notified when a server changes its tools, and the next program has the new ones', async () => {
    const told = Promise.withResolvers<void>()
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => told.resolve())
    await textsFor('await tools.mcp__raw__change({})')
    await told.promise
    expect((await client.listTools()).tools[0]?.description).toContain('mcp__raw__tool_1')
    expect(await textsFor('text(typeof tools.mcp__raw__tool_1)')).toEqual(['function'])
  })
})

test('codecell serve ends with code 0 at the end of its input, also while a cell runs, and prints messages only', async () => {
  const { command, args, env } = serveCommand([])
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'], env })
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  const send = (message: object): unknown => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  const answered = Promise.withResolvers<void>()
  const messages: unknown[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    messages.push(JSON.parse(line))
    if (messages.length === 2) answered.resolve()
  })
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } }
  send({ id: 1, method: 'initialize', params })
  send({ method: 'notifications/initialized' })
  const input = { code: 'yield_control(); await new Promise((go) => setTimeout(go, 600_000))' }
  send({ id: 2, method: 'tools/call', params: { name: 'exec', arguments: input } })
  await answered.promise
  child.stdin.end()
  expect(await ended).toBe(0)
  expect(messages).toMatchObject([{ id: 1 }, { id: 2, result: { structuredContent: { status: 'running' } } }])
})
