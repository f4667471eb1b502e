import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect, test } from 'vitest'
import { inProcessHostPool } from '../../src/in-process.ts'
import type { Tool } from '../../src/index.ts'
import { createMcpServer, serveHttp } from '../../src/mcp-server.ts'

type Era = 'legacy' | 'modern'
type Form = Readonly<Record<string, string | number>>
/** What a person does with a question; null: declines it. */
type Person = (message: string, call: number) => Form | null | Promise<Form | null>

const allow = 'allow these calls'
const counted = 'allow as many calls in this program as the number below says'
const always = 'allow every call of this tool in this session'

/** A client of a server with one destructive tool, which says what it was called with, and one that nobody is asked about. */
async function serving(
  era: Era,
  person: Person,
): Promise<{ client: Client; dropped: string[]; asked: string[] } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const dropped: string[] = []
  const asked: string[] = []
  const drop: Tool = {
    name: 'drop',
    annotations: { destructiveHint: true },
    call: (input) => {
      dropped.push(JSON.stringify(input))
      return 'gone'
    },
  }
  const hosts = stack.use(inProcessHostPool())
  const server = stack.use(createMcpServer({ tools: [drop], hosts }))
  const http = stack.use(await serveHttp(server, { tokens: ['token'] }))
  const client = new Client(
    { name: 'test', version: '1' },
    {
      versionNegotiation: { mode: era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } },
      capabilities: { elicitation: { form: {} } },
    },
  )
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    asked.push(params.message)
    const content = await person(params.message, asked.length)
    return content === null ? { action: 'decline' } : { action: 'accept', content }
  })
  const requestInit = { headers: { authorization: 'Bearer token' } }
  await client.connect(new StreamableHTTPClientTransport(new URL(http.url), { requestInit }))
  stack.defer(() => client.close())
  const moved = stack.move()
  return { client, dropped, asked, [Symbol.asyncDispose]: () => moved.disposeAsync() }
}

async function textsOf(client: Client, name: 'exec' | 'wait', input: Record<string, unknown>): Promise<string[]> {
  const { content } = await client.callTool({ name, arguments: input })
  const texts: { text?: string }[] = JSON.parse(JSON.stringify(content))
  return texts.slice(1).map(({ text }) => text ?? '')
}

const three = `
  const drop = (n) => tools.drop({ n }).catch(String)
  text(await Promise.all([drop(1), drop(2), drop(3)]))
  text(await drop(4))`

describe.each<Era>(['legacy', 'modern'])('%s era', (era) => {
  test('a number allows so many calls of the program, and the next is asked about again', async () => {
    await using served = await serving(era, (_, call) =>
      call === 1 ? { decision_1: counted, calls_1: 3 } : { decision_1: 'deny', reason_1: 'enough' },
    )
    expect(await textsOf(served.client, 'exec', { code: three })).toEqual([
      '["gone","gone","gone"]',
      'the call of tool `drop` was denied: enough',
    ])
    expect(served.asked.map((message) => message.match(/\d calls? of .*/)?.[0])).toEqual([
      '3 calls of tools.drop from line 2 (destructive)',
      '1 call of tools.drop from line 2 (destructive)',
    ])
  })

  test('an allowance for the session covers the next program', async () => {
    await using served = await serving(era, () => ({ decision_1: always }))
    await textsOf(served.client, 'exec', { code: three })
    await textsOf(served.client, 'exec', { code: three })
    expect([served.dropped.length, served.asked.length]).toEqual([8, 1])
  })

  test('tools and lines are decided about each for itself', async () => {
    await using served = await serving(era, () => ({ decision_1: 'deny', decision_2: allow }))
    const code = `const all = [tools.drop({ n: 1 }).catch(String),
      tools.drop({ n: 2 }).catch(String)]
    text(await Promise.all(all))`
    expect(await textsOf(served.client, 'exec', { code })).toEqual([
      '["the call of tool `drop` was denied: the user said no","gone"]',
    ])
    expect([served.dropped, served.asked.length]).toEqual([['{"n":2}'], 1])
  })

  test.each([null, {}, { allow: 'true' }, { decision_1: 'allow' }])('%j is no yes', async (form) => {
    await using served = await serving(era, () => form)
    const code = 'text(await tools.drop({}).catch(String))'
    expect(await textsOf(served.client, 'exec', { code })).toEqual([
      'the call of tool `drop` was denied: the user said no',
    ])
    expect(served.dropped).toEqual([])
  })

  test('a wait for several cells asks about the calls of each of them', async () => {
    await using served = await serving(era, () => ({ decision_1: allow }))
    await textsOf(served.client, 'exec', {
      code: 'yield_control(); await new Promise((go) => setTimeout(go, 600_000))',
    })
    await textsOf(served.client, 'exec', { code: 'yield_control(); text(await tools.drop({ n: 2 }))' })
    expect(await textsOf(served.client, 'wait', { cell_id: '1', cell_ids: ['2'] })).toContain('gone')
    expect([served.dropped, served.asked.length]).toEqual([['{"n":2}'], 1])
  })

  test('a client that gives a question up is asked again by a later wait, and the calls still wait', async () => {
    const stop = new AbortController()
    await using served = await serving(era, (_, call) => {
      if (call > 1) return { decision_1: allow }
      stop.abort()
      throw new Error('the window was closed')
    })
    const code = 'yield_control(); text(await tools.drop({ n: 1 }))'
    await textsOf(served.client, 'exec', { code })
    const wait = { name: 'wait', arguments: { cell_id: '1' } }
    await expect(served.client.callTool(wait, { signal: stop.signal })).rejects.toThrow()
    expect(served.dropped).toEqual([])
    expect(await textsOf(served.client, 'wait', { cell_id: '1' })).toEqual(['gone'])
    expect([served.dropped, served.asked.length]).toEqual([['{"n":1}'], 2])
  })
})
