import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, type Agent } from 'node:https'
import { decodedBody } from '../../mcp/wire/decoded-body.ts'

/** The statuses of responses without a body. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

/** Fetches with Node's own client, with an agent for HTTPS. Does not follow redirects. Bodies are strings or bytes. */
export async function nodeFetch(url: URL, init: RequestInit = {}, agent?: Agent): Promise<Response> {
  const { body, method = 'GET', signal } = init
  signal?.throwIfAborted()
  const data = typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : null
  const headers = new Headers(init.headers)
  headers.set('accept-encoding', 'identity')
  if (data !== null) headers.set('content-length', String(data.length))
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const options = { method, headers: Object.fromEntries(headers), ...(signal ? { signal } : {}) }
  const request = url.protocol === 'https:' ? httpsRequest(url, { ...options, agent }) : httpRequest(url, options)
  request.on('response', (message) => {
    // A body that fails after its reader has left has no other listener.
    message.on('error', () => undefined)
    resolve(message)
  })
  request.on('error', reject)
  request.end(data ?? undefined)
  return responseOf(await promise, method)
}

function responseOf(message: IncomingMessage, method: string): Response {
  const { statusCode: status = 502, statusMessage: statusText = '' } = message
  const isEmpty = method === 'HEAD' || bodiless.has(status)
  if (isEmpty) message.resume()
  const headers = Object.entries(message.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  )
  return new Response(isEmpty ? null : bodyOf(message), { status, statusText, headers })
}

/** A reader that leaves before it has read anything closes the connection too. */
function bodyOf(message: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks = chunksOf(message)
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      cancel: () => void message.destroy(),
    },
    { highWaterMark: 0 },
  )
}

/** As with `fetch`, a body that is cut or cannot be decoded leaves the outcome unknown. */
async function* chunksOf(message: IncomingMessage): AsyncGenerator<Uint8Array, undefined> {
  try {
    yield* decodedBody(message)
  } catch (cause) {
    throw new TypeError('terminated', { cause })
  }
}
