import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, request as requestHttps } from 'node:https'
import { createSecureContext } from 'node:tls'
import { messageOf } from '../../../errors.ts'
import type { OpenApiClientCertificate } from './credentials.ts'

/** The statuses of responses without a body. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

/**
 * Returns a `fetch` that presents a client certificate, for HTTPS. It does not follow redirects. `fail` throws an error with the file
 * that cannot be used.
 */
export function tlsFetch(
  certificate: OpenApiClientCertificate,
  fail: (reason: string) => never,
): typeof globalThis.fetch {
  const agent = new Agent({ keepAlive: true, ...contextOf(certificate, fail) })
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (url.protocol !== 'https:') throw new TypeError('a client certificate needs a server with https://')
    // Encodes forms, with the boundary of their parts.
    const encoded = new Response(init.body)
    const body = init.body === undefined || init.body === null ? null : Buffer.from(await encoded.arrayBuffer())
    const headers = new Headers(init.headers)
    const contentType = encoded.headers.get('content-type')
    if (body !== null && contentType !== null && !headers.has('content-type')) headers.set('content-type', contentType)
    if (body !== null) headers.set('content-length', String(body.length))
    return responseOf(
      await send(url, { agent, method: init.method ?? 'GET', headers, body, signal: init.signal ?? null }),
    )
  }
}

type Context = { readonly cert: Buffer; readonly key: Buffer; readonly ca?: Buffer; readonly passphrase?: string }

function contextOf(
  { certFile, keyFile, caFile, passphrase }: OpenApiClientCertificate,
  fail: (reason: string) => never,
): Context {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file)
    } catch (error) {
      return fail(`cannot read "${file}": ${messageOf(error)}`)
    }
  }
  const context = {
    cert: read(certFile),
    key: read(keyFile),
    ...(caFile === undefined ? {} : { ca: read(caFile) }),
    ...(passphrase === undefined ? {} : { passphrase }),
  }
  try {
    createSecureContext(context)
    return context
  } catch (error) {
    return fail(`the certificate in "${certFile}" and the key in "${keyFile}" cannot be used: ${messageOf(error)}`)
  }
}

type TlsRequest = {
  readonly agent: Agent
  readonly method: string
  readonly headers: Headers
  readonly body: Buffer | null
  readonly signal: AbortSignal | null
}

async function send(url: URL, { agent, method, headers, body, signal }: TlsRequest): Promise<IncomingMessage> {
  signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const options = { agent, method, headers: Object.fromEntries(headers), ...(signal === null ? {} : { signal }) }
  const request = requestHttps(url, options)
  request.on('response', (response) => {
    // A body that fails after its reader has left has no other listener.
    response.on('error', () => undefined)
    resolve(response)
  })
  request.on('error', reject)
  request.end(body ?? undefined)
  return await promise
}

function responseOf(message: IncomingMessage): Response {
  const { statusCode: status = 500, statusMessage = '', headersDistinct } = message
  const headers = new Headers()
  for (const [name, values] of Object.entries(headersDistinct))
    for (const value of values ?? []) headers.append(name, value)
  const isEmpty = bodiless.has(status)
  if (isEmpty) message.resume()
  return new Response(isEmpty ? null : ReadableStream.from<Uint8Array>(chunksOf(message)), {
    status,
    statusText: statusMessage,
    headers,
  })
}

async function* chunksOf(message: IncomingMessage): AsyncGenerator<Uint8Array> {
  for await (const chunk of message) if (chunk instanceof Uint8Array) yield chunk
}
