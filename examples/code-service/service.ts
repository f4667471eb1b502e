// A service that runs programs of its users. It treats them as hostile: strict hosts, a process per user, and quotas.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { CodecellError, createHostPool, createSession, type CellOutcome, type Session } from 'codecell'
import { Quotas, type Refusal } from './quotas.ts'
import { readBody } from './read-body.ts'

export type ServiceOptions = {
  /** The users by their tokens. */
  readonly tokens: ReadonlyMap<string, string>
  readonly quotas: Quotas
}

/** Limits of each program. */
const limits = {
  maxMemoryMbPerCell: 64,
  maxCpuMsPerCell: 500,
  maxStallMs: 20_000,
  maxSourceBytes: 50_000,
  maxUnreadOutputBytesPerCell: 100_000,
}
const maxMs = 30_000

/** Creates the service: `POST /run` with a program as the body and a bearer token. */
export function createService({ tokens, quotas }: ServiceOptions): Server & AsyncDisposable {
  // The strict profile exists on Linux. Elsewhere, run the service in a container or virtual machine.
  const profile = process.platform === 'linux' ? 'strict' : 'default'
  const hosts = createHostPool({ profile, memoryMb: limits.maxMemoryMbPerCell, min: 1, max: 4 })

  const handle = async (
    request: IncomingMessage,
    signal: AbortSignal,
  ): Promise<Refusal | { status: 200; body: object }> => {
    const user = tokens.get(request.headers.authorization?.replace(/^Bearer /, '') ?? '')
    if (user === undefined) return { status: 401, error: 'expected a known bearer token' }
    if (request.method !== 'POST' || request.url !== '/run') return { status: 404, error: 'expected POST /run' }
    const source = await readBody(request, limits.maxSourceBytes)
    if (source === null) return { status: 413, error: `expected at most ${limits.maxSourceBytes} bytes of source` }
    const refusal = quotas.begin(user)
    if (refusal !== null) return refusal
    const startedAt = performance.now()
    try {
      await using session = await createSession({ hosts, isolation: 'process-per-session', limits, signal })
      return { status: 200, body: describe(await runToEnd(session, source)) }
    } finally {
      quotas.end(user, performance.now() - startedAt)
    }
  }

  const server = createServer((request, response) => {
    const gone = new AbortController()
    response.on('close', () => gone.abort()) // ends the program of a client that has disconnected
    void handle(request, gone.signal)
      .catch((error: unknown): Refusal => {
        if (error instanceof CodecellError) return { status: 400, error: error.message }
        console.error(error)
        return { status: 500, error: 'the service failed' }
      })
      .then((reply) => send(response, reply))
  })
  return Object.assign(server, {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await hosts[Symbol.asyncDispose]()
    },
  })
}

/** Observes the program until it ends, at most `maxMs`. */
async function runToEnd(session: Session, source: string): Promise<CellOutcome> {
  const outcome = await session.execute(source, { yieldTimeMs: maxMs })
  return outcome.type === 'yielded' ? await session.terminate(outcome.cellId) : outcome
}

function describe(outcome: CellOutcome): object {
  const output = 'items' in outcome ? outcome.items.map((item) => (item.type === 'input_text' ? item.text : item)) : []
  if (outcome.type === 'completed') return { result: 'completed', output }
  if (outcome.type === 'failed' && outcome.limit !== null)
    return { result: 'limit_exceeded', limit: outcome.limit, output }
  if (outcome.type === 'failed') return { result: 'failed', error: outcome.errorText, output }
  return { result: 'timed_out', error: `the program did not end within ${maxMs} ms`, output }
}

function send(response: ServerResponse, reply: Refusal | { status: 200; body: object }): void {
  response.statusCode = reply.status
  response.setHeader('content-type', 'application/json')
  if ('error' in reply && reply.retryAfterSeconds !== undefined) {
    response.setHeader('retry-after', reply.retryAfterSeconds)
  }
  response.end(JSON.stringify('error' in reply ? { error: reply.error } : reply.body))
}
