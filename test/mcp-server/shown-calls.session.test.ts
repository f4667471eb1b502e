import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect, test } from 'vitest'
import { createMcpServer, serveHttp } from '../../src/mcp-server.ts'
import type { Tool } from '../../src/index.ts'
import { sharedHosts } from '../support/hosts.ts'

type Era = 'legacy' | 'modern'

const yes = 'allow these calls'

/** A client whose user responds with `says`, and a server with tools that need approvals. */
async function serving(
  era: Era,
  says: (message: string) => Readonly<Record<string, string | boolean>>,
): Promise<{ client: Client; called: unknown[]; asked: string[] } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const called: unknown[] = []
  const asked: string[] = []
  const call: Tool['call'] = (input) => {
    called.push(input)
    return 'done'
  }
  const tools: Tool[] = [
    { name: 'delete_file', annotations: { destructiveHint: true }, call },
    { name: 'send', needsApproval: 'ask', allowedCallers: ['direct'], call },
  ]
  const server = stack.use(createMcpServer({ tools, hosts: sharedHosts('in-process') }))
  const http = stack.use(await serveHttp(server, { tokens: ['token'] }))
  const client = new Client(
    { name: 'test', version: '1' },
    {
      versionNegotiation: { mode: era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } },
      capabilities: { elicitation: { form: {} } },
    },
  )
  client.setRequestHandler('elicitation/create', ({ params }) => {
    asked.push(params.message)
    return { action: 'accept', content: { ...says(params.message) } }
  })
  const requestInit = { headers: { authorization: 'Bearer token' } }
  await client.connect(new StreamableHTTPClientTransport(new URL(http.url), { requestInit }))
  stack.defer(() => client.close())
  const moved = stack.move()
  return { client, called, asked, [Symbol.asyncDispose]: () => moved.disposeAsync() }
}

const hidden = { subject: 'News', body: 'b'.repeat(600), bcc: 'evil@example.org', footer: 'f'.repeat(720) }
const tooMuch = Object.fromEntries(Array.from({ length: 6000 }, (_, index) => [`member_${index}`, 'x']))

describe.each<Era>(['legacy', 'modern'])('the user of a client of the %s era', (era) => {
  test('allows the calls that one form shows, and gets another form about the rest', async () => {
    const answers = [yes, 'deny']
    await using served = await serving(era, () => ({ decision_1: answers.shift() ?? 'deny' }))
    const { client, called, asked } = served
    const code = `const all = Array.from({ length: 12 }, (_, path) => tools.delete_file({ path }).catch(() => null))
await Promise.all(all)`
    await client.callTool({ name: 'exec', arguments: { code } })
    expect(asked[0]).toContain('5 calls of tools.delete_file from line 1')
    expect(asked[0]).toContain('7 more calls wait; they are asked about next.')
    expect(asked.length).toBeGreaterThan(1)
    expect(called).toEqual([0, 1, 2, 3, 4].map((path) => ({ path })))
  })

  test('sees every member of a long input, of a program and of the client', async () => {
    await using served = await serving(era, (message) =>
      message.includes('"bcc": "evil@example.org"')
        ? { decision_1: 'deny', allow: false }
        : { decision_1: yes, allow: true },
    )
    const { client, called, asked } = served
    await client.callTool({ name: 'exec', arguments: { code: `await tools.delete_file(${JSON.stringify(hidden)})` } })
    await client.callTool({ name: 'send', arguments: hidden })
    expect(asked).toHaveLength(2)
    expect(called).toEqual([])
  })

  test('gets no form about a call that no form can show, which is denied', async () => {
    await using served = await serving(era, () => ({ decision_1: yes, allow: true }))
    const { client, called, asked } = served
    const code = `text(await tools.delete_file(${JSON.stringify(tooMuch)}).catch((error) => error))`
    const script = await client.callTool({ name: 'exec', arguments: { code } })
    const direct = await client.callTool({ name: 'send', arguments: tooMuch })
    expect(JSON.stringify(script.content)).toContain('its input is too long to show to the user')
    expect(JSON.stringify(direct.content)).toContain('its input is too long to show to the user')
    expect(asked).toEqual([])
    expect(called).toEqual([])
  })

  test('approves a call of the client with the input that the form shows', async () => {
    await using served = await serving(era, () => ({ allow: true }))
    const { client, called, asked } = served
    await client.callTool({ name: 'send', arguments: { to: 'a' } })
    await client.callTool({ name: 'send', arguments: { to: 'b' } })
    expect(asked).toEqual(['Call send with {"to":"a"}?', 'Call send with {"to":"b"}?'])
    expect(called).toEqual([{ to: 'a' }, { to: 'b' }])
  })
})
