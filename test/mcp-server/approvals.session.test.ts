import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect, test } from 'vitest'
import type { Tool } from '../../src/index.ts'
import { createMcpServer, serveHttp } from '../../src/mcp-server.ts'
import { sharedHosts } from '../support/hosts.ts'
import { negotiation, type Era } from './served.ts'

type Form = Readonly<Record<string, string | number>>
/** The response of a user to a form; null declines it. */
type User = (message: string, call: number) => Form | null | Promise<Form | null>

const allow = 'allow these calls'
const counted = 'allow the number of calls below in this program'
const always = 'allow all calls of this tool in this session'

/** A client of a server with one destructive tool. `dropped` has the inputs of its calls, `asked` the messages of its forms. */
async function serving(
  era: Era,
  user: User,
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
  const server = stack.use(createMcpServer({ tools: [drop], hosts: sharedHosts('in-process') }))
  const http = stack.use(await serveHttp(server, { tokens: ['token'] }))
  const client = new Client(
    { name: 'test', version: '1' },
    {
      versionNegotiation: negotiation(era),
      capabilities: { elicitation: { form: {} } },
    },
  )
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    asked.push(params.message)
    const content = await user(params.message, asked.length)
    return content === null ? { action: 'decline' } : { action: 'accept', content }
  })
  const requestInit = { headers: { authorization: 'Bearer token' } }
  await client.connect(new StreamableHTTPClientTransport(new URL(http.url), { requestInit }))
  stack.defer(() => client.close())
  const moved = stack.move()
  return { client, dropped, asked, [Symbol.asyncDispose]: () => moved.disposeAsync() }
}

async function textsBelow(client: Client, name: 'exec' | 'wait', input: Record<string, unknown>): Promise<string[]> {
  const { content } = await client.callTool({ name, arguments: input })
  const texts: { text?: string }[] = JSON.parse(JSON.stringify(content))
  return texts.slice(1).map(({ text }) => text ?? '')
}

const three = `
  const drop = (n) => tools.drop({ n }).catch(String)
  text(await Promise.all([drop(1), drop(2), drop(3)]))
  text(await drop(4))`

describe.each<Era>(['legacy', 'modern'])('the user of a client of the %s era', (era) => {
  test('can allow a number of calls of the program, and gets a form about the next one', async () => {
    await using served = await serving(era, (_, call) =>
      call === 1 ? { decision_1: counted, calls_1: 3 } : { decision_1: 'deny', reason_1: 'enough' },
    )
    expect(await textsBelow(served.client, 'exec', { code: three })).toEqual([
      '["gone","gone","gone"]',
      'the call of tool `drop` was denied: enough',
    ])
    expect(served.asked.map((message) => message.match(/\d calls? of .*/)?.[0])).toEqual([
      '3 calls of tools.drop from line 2 (destructive)',
      '1 call of tools.drop from line 2 (destructive)',
    ])
  })

  test('can allow a tool for the session, which includes the next program', async () => {
    await using served = await serving(era, () => ({ decision_1: always }))
    await textsBelow(served.client, 'exec', { code: three })
    await textsBelow(served.client, 'exec', { code: three })
    expect([served.dropped.length, served.asked.length]).toEqual([8, 1])
  })

  test('decides about each line of the program separately', async () => {
    await using served = await serving(era, () => ({ decision_1: 'deny', decision_2: allow }))
    const code = `const all = [tools.drop({ n: 1 }).catch(String),
      tools.drop({ n: 2 }).catch(String)]
    text(await Promise.all(all))`
    expect(await textsBelow(served.client, 'exec', { code })).toEqual([
      '["the call of tool `drop` was denied: the user declined","gone"]',
    ])
    expect([served.dropped, served.asked.length]).toEqual([['{"n":2}'], 1])
  })

  test.each([null, {}, { allow: 'true' }, { decision_1: 'allow' }])(
    'denies the calls with the form %j',
    async (form) => {
      await using served = await serving(era, () => form)
      const code = 'text(await tools.drop({}).catch(String))'
      expect(await textsBelow(served.client, 'exec', { code })).toEqual([
        'the call of tool `drop` was denied: the user declined',
      ])
      expect(served.dropped).toEqual([])
    },
  )

  test('decides about the calls of every cell of a wait', async () => {
    await using served = await serving(era, () => ({ decision_1: allow }))
    await textsBelow(served.client, 'exec', {
      code: 'yield_control(); await new Promise((go) => setTimeout(go, 600_000))',
    })
    await textsBelow(served.client, 'exec', { code: 'yield_control(); text(await tools.drop({ n: 2 }))' })
    expect(await textsBelow(served.client, 'wait', { cell_id: '1', cell_ids: ['2'] })).toContain('gone')
    expect([served.dropped, served.asked.length]).toEqual([['{"n":2}'], 1])
  })

  test('gets the form again with the next wait after the client canceled it', async () => {
    const stop = new AbortController()
    await using served = await serving(era, (_, call) => {
      if (call > 1) return { decision_1: allow }
      stop.abort()
      throw new Error('the window was closed')
    })
    const code = 'yield_control(); text(await tools.drop({ n: 1 }))'
    await textsBelow(served.client, 'exec', { code })
    const wait = { name: 'wait', arguments: { cell_id: '1' } }
    await expect(served.client.callTool(wait, { signal: stop.signal })).rejects.toThrow()
    expect(served.dropped).toEqual([])
    expect(await textsBelow(served.client, 'wait', { cell_id: '1' })).toEqual(['gone'])
    expect([served.dropped, served.asked.length]).toEqual([['{"n":1}'], 2])
  })
})
