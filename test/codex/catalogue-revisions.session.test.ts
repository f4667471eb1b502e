import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listenForCodex, type GrpcListener } from '../../src/codex-host.ts'
import { sharedHosts } from '../support/hosts.ts'
import { FramedClient, hello, tool } from './framed-client.ts'
import { GrpcAgent, message, outcomeTexts } from './grpc-agent.ts'
import { GrpcClient } from './grpc-client.ts'
import type { ProtoWriter } from '../../src/codex-host/grpc/protobuf.ts'

const hosts = sharedHosts('in-process')

/** Runs a cell that prints the names of its tools, in one of several sessions. Returns the names, or the error. */
type Ask = (revision: bigint | null, tools: readonly string[], options?: AskOptions) => Promise<string>

type AskOptions = { readonly session?: number; readonly source?: string }

const names = 'text(ALL_TOOLS.map(({ name }) => name).join())'
const newest = 2n ** 64n - 1n

/** Each step: a revision, the tools that are sent, and what comes back. */
type Step = readonly [bigint | null, readonly string[], string, AskOptions?]

const unknown = 'unknown code-mode catalog revision'
const conflicting = 'conflicting code-mode catalog revision'
const invalid = 'invalid code-mode catalog revision'

const sequences: Readonly<Record<string, readonly Step[]>> = {
  'no revision uses the tools as sent': [
    [null, ['a'], 'a'],
    [null, [], ''],
  ],
  'revision 0 is invalid, with and without tools': [
    [0n, ['a'], invalid],
    [0n, [], invalid],
  ],
  'an empty list uses the remembered tools': [
    [1n, ['a', 'b'], 'a,b'],
    [1n, [], 'a,b'],
    [1n, [], 'a,b'],
  ],
  'an empty list with a first revision is unknown and remembers nothing': [
    [5n, [], unknown],
    [5n, [], unknown],
    [5n, ['a'], 'a'],
  ],
  'a revision with tools replaces the one before, also an older one': [
    [2n, ['a'], 'a'],
    [1n, ['b'], 'b'],
    [2n, [], unknown],
    [1n, [], 'b'],
  ],
  'the same revision with the same tools is accepted': [
    [1n, ['a'], 'a'],
    [1n, ['a'], 'a'],
  ],
  'the same revision with other tools conflicts and changes nothing': [
    [1n, ['a', 'b'], 'a,b'],
    [1n, ['b', 'a'], conflicting],
    [1n, ['a'], conflicting],
    [1n, ['a', 'b', 'b'], conflicting],
    [1n, [], 'a,b'],
  ],
  'tools without a revision do not replace the remembered ones': [
    [1n, ['a'], 'a'],
    [null, ['b'], 'b'],
    [1n, [], 'a'],
  ],
  'an unknown revision does not replace the remembered one': [
    [1n, ['a'], 'a'],
    [2n, [], unknown],
    [1n, [], 'a'],
  ],
  'a failed program has sent its revision': [
    [1n, ['a'], '', { source: 'throw 1' }],
    [1n, [], 'a'],
    [2n, ['b'], '', { source: '(((' }],
    [2n, [], 'b'],
  ],
  'a tool can be there twice': [
    [1n, ['a', 'a'], 'a,a'],
    [1n, [], 'a,a'],
  ],
  'revisions have 64 bits': [
    [newest, ['a'], 'a'],
    [newest, [], 'a'],
    [newest - 1n, [], unknown],
    [2n ** 53n + 1n, ['b'], 'b'],
    [2n ** 53n, [], unknown],
    [2n ** 53n + 1n, [], 'b'],
  ],
  'each session has its own': [
    [1n, ['a'], 'a'],
    [1n, [], unknown, { session: 1 }],
    [1n, ['b'], 'b', { session: 1 }],
    [1n, [], 'a'],
    [1n, [], 'b', { session: 1 }],
  ],
}

const cases = Object.entries(sequences).map(([name, steps]) => ({ name, steps }))

async function expectSteps(steps: readonly Step[], ask: Ask): Promise<void> {
  const found: string[] = []
  for (const [revision, tools, , options] of steps) found.push(await ask(revision, tools, options))
  expect(found).toEqual(steps.map(([, , expected]) => expected))
}

describe.concurrent('a catalogue revision of the framed protocol', () => {
  /** Returns a client with two sessions. */
  async function connect(capability: string[]): Promise<{ ask: Ask; end: () => Promise<void> }> {
    const { client, ended } = FramedClient.connect(hosts)
    client.send({ ...hello, optionalCapabilities: capability })
    expect(await client.next()).toMatchObject({ capabilities: capability })
    for (const id of [0, 1]) {
      client.send({ type: 'operation/request', id, request: { method: 'session/open', sessionId: `s${id}` } })
      await client.next()
    }
    let lastId = 10
    const ask: Ask = async (revision, tools, { session = 0, source = names } = {}) => {
      const id = ++lastId
      const enabled = JSON.stringify(tools.map((name) => tool(name)))
      const request = `{"tool_call_id":"c","source":${JSON.stringify(source)},"enabled_tools":${enabled},"catalog_revision":${revision}}`
      client.sendText(
        `{"type":"operation/request","id":${id},"request":{"method":"session/execute","sessionId":"s${session}","request":${request}}}`,
      )
      const response = JSON.stringify(
        await client.take((answer) => answer['id'] === id && !JSON.stringify(answer).includes('execution/started')),
      )
      return (/"message":"(.*?)"/.exec(response) ?? /"text":"(.*?)"/.exec(response))?.[1] ?? ''
    }
    const end = async (): Promise<void> => {
      client.end()
      await ended
    }
    return { ask, end }
  }

  test.each(cases)('is used as by the reference: $name', async ({ steps }) => {
    const { ask, end } = await connect(['tool-catalog-revision-v1'])
    await expectSteps(steps, ask)
    await end()
  })

  test('is used without the capability too', async () => {
    const { ask, end } = await connect([])
    await expectSteps(
      [
        [1n, ['a'], 'a'],
        [1n, [], 'a'],
        [0n, ['a'], invalid],
        [1n, ['b'], conflicting],
      ],
      ask,
    )
    await end()
  })

  test('is used in the order of concurrent executes', async () => {
    const { ask, end } = await connect(['tool-catalog-revision-v1'])
    const found = await Promise.all([ask(1n, ['a']), ask(1n, []), ask(2n, ['b']), ask(2n, []), ask(1n, [])])
    expect(found).toEqual(['a', 'a', 'b', 'b', unknown])
    await end()
  })
})

describe.concurrent('a catalogue revision of the gRPC protocol', () => {
  let listener: GrpcListener
  let client: GrpcClient
  beforeAll(async () => {
    listener = await listenForCodex({ host: '127.0.0.1', port: 0 }, { hosts })
    client = new GrpcClient(`http://127.0.0.1:${listener.port}`)
  })
  afterAll(async () => {
    await client[Symbol.asyncDispose]()
    await listener[Symbol.asyncDispose]()
  })

  async function open(): Promise<Ask> {
    const agents = [await GrpcAgent.open(client), await GrpcAgent.open(client)]
    return async (revision, tools, { session = 0, source = names } = {}) => {
      const more = revision === null ? message() : exactNumber(8, revision)
      const call = agents[session]?.execute(source, { tools, more })
      if (call === undefined) throw new Error('There is no such session')
      const texts = await outcomeTexts(call)
      if (!Array.isArray(texts)) {
        expect(texts).toMatchObject({ code: 9 })
        return (await call.status).message
      }
      return texts.filter((text) => !String(text).startsWith('Script error:')).join('')
    }
  }

  test.each(cases)('is used as by the reference: $name', async ({ steps }) => {
    await expectSteps(steps, await open())
  })
})

/** Returns a field with a number of 64 bits, also with 0. */
function exactNumber(field: number, value: bigint): ProtoWriter {
  const bytes = [field << 3]
  for (let rest = value; ; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0))
    if (rest <= 0x7fn) break
  }
  return Object.assign(message(), { finish: () => Buffer.from(bytes) })
}
