import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import { closeServer, listenOnLoopback } from '../../support/loopback-server.ts'
import { chatResponse, readChat } from './chat-api.ts'
import { messagesResponse, readMessages } from './messages-api.ts'
import { readResponses, responsesResponse } from './responses-api.ts'
import {
  demand,
  objectOf,
  Refused,
  type ScriptedReply,
  type ScriptedRequest,
  type ScriptedUsage,
} from './scripted-reply.ts'

/** The key that the server demands. */
export const modelKey = 'sk-test-5f0e8a'

/** A response that replaces the reply to one request. */
type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'cut'

export type ScriptedModelOptions = {
  /** Returns the reply to a request that passed all checks. */
  readonly reply: (request: ScriptedRequest) => ScriptedReply | Promise<ScriptedReply>
  /** Returns the fault of a request, by its number from 0. */
  readonly fault?: (number: number) => Fault | null
}

/** A server that speaks three APIs, and refuses requests that they would refuse. */
export interface ScriptedModel extends AsyncDisposable {
  readonly url: string
  /** The requests that passed all checks. */
  readonly requests: readonly ScriptedRequest[]
  /** The number of all requests. */
  readonly count: number
  /** The reasons of refused requests. */
  readonly refusals: readonly string[]
  /** The sum of the reported tokens. */
  readonly usage: ScriptedUsage
}

const apis = {
  '/v1/chat/completions': { read: readChat, write: chatResponse },
  '/v1/responses': { read: readResponses, write: responsesResponse },
  '/v1/messages': { read: readMessages, write: messagesResponse },
} as const

export async function startScriptedModel({ reply, fault = () => null }: ScriptedModelOptions): Promise<ScriptedModel> {
  const requests: ScriptedRequest[] = []
  const refusals: string[] = []
  const usage = { input: 0, cached: 0, output: 0 }
  let count = 0
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await readText(request)
    const found = fault(count++)
    if (found === 'cut') return void response.socket?.destroy()
    if (found !== null) return void response.writeHead(found.status, found.headers).end(found.body ?? '{}')
    const api = Object.entries(apis).find(([path]) => path === request.url)?.[1]
    demand(api !== undefined && request.method === 'POST', `unknown path ${request.url}`)
    checkHeaders(request)
    const read = api.read(objectOf(JSON.parse(text), 'the body'), text.length)
    requests.push(read)
    const answer = await reply(read)
    const tokens = tokensOf(read, answer)
    usage.input += tokens.input
    usage.cached += tokens.cached
    usage.output += tokens.output
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ ...api.write(answer, tokens), ...answer.members }))
  }
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      refusals.push(reason)
      response.writeHead(error instanceof Refused ? 400 : 500).end(JSON.stringify({ error: { message: reason } }))
    })
  })
  const origin = await listenOnLoopback(server)
  return {
    url: `${origin}/v1`,
    requests,
    refusals,
    usage,
    get count() {
      return count
    },
    [Symbol.asyncDispose]: () => closeServer(server),
  }
}

function checkHeaders({ url, headers }: IncomingMessage): void {
  demand(headers['content-type'] === 'application/json', 'the content type must be application/json')
  if (url === '/v1/messages') {
    demand(headers['x-api-key'] === modelKey && headers['anthropic-version'] === '2023-06-01', 'wrong headers')
  } else demand(headers.authorization === `Bearer ${modelKey}`, 'wrong key')
}

function tokensOf({ size, results }: ScriptedRequest, reply: ScriptedReply): ScriptedUsage {
  const input = Math.ceil(size / 4)
  return {
    input,
    cached: results.length === 0 ? 0 : Math.floor(input / 2),
    output: Math.ceil(JSON.stringify(reply).length / 4),
  }
}
