import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'

/**
 * Fetches like the global `fetch`, which is looked up at each call: a replaced one applies as well. The standard refuses bodies of `GET`
 * and `HEAD`, and `TRACE`, which OpenAPI allows, so that Node's own client sends these.
 */
export const defaultFetch: typeof globalThis.fetch = async (input, init) => {
  const method = init?.method ?? 'GET'
  const hasBody = init?.body !== undefined && init.body !== null
  const isRefused = method === 'TRACE' || (hasBody && (method === 'GET' || method === 'HEAD'))
  if (!isRefused || !(input instanceof URL)) return await globalThis.fetch(input, init)
  return await sendWithNode(input, method, init)
}

async function sendWithNode(url: URL, method: string, init: RequestInit | undefined): Promise<Response> {
  const { body, signal } = init ?? {}
  const data = typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : null
  // The response is passed on without decoding.
  const headers = { ...Object.fromEntries(new Headers(init?.headers)), 'accept-encoding': 'identity' }
  const length = data === null ? {} : { 'content-length': data.length }
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const options = { method, headers: { ...headers, ...length }, ...(signal ? { signal } : {}) }
    const request = send(url, options, resolve).once('error', reject)
    request.end(data ?? undefined)
  })
  return responseOf(message, method)
}

function responseOf(message: IncomingMessage, method: string): Response {
  const { statusCode: status = 502, statusMessage: statusText = '' } = message
  const headers = Object.entries(message.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  )
  const hasNoBody = method === 'HEAD' || status === 204 || status === 205 || status === 304
  if (hasNoBody) message.resume()
  return new Response(hasNoBody ? null : ReadableStream.from<Uint8Array>(message), { status, statusText, headers })
}
