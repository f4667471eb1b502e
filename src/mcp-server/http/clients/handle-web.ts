import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { AuthInfo, McpHandlerRequestOptions } from '@modelcontextprotocol/server'
import { toWebRequest } from '@modelcontextprotocol/node'

/** Handles a request of the web standard. */
export type WebHandler = (request: Request, options: McpHandlerRequestOptions) => Promise<Response>

type NodeRequest = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: unknown
  readonly auth: AuthInfo
}

/** Handles a request of Node. The headers of a stream are sent at once, so that its client knows that it is open. */
export async function handleWeb(handle: WebHandler, { request, response, body, auth }: NodeRequest): Promise<void> {
  const ended = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) ended.abort(new Error('the connection has ended'))
  })
  const { headers, method, url } = request
  // The body has been read.
  const source = { method: method ?? 'GET', url: url ?? '/', headers, ...noBody }
  const webRequest = await toWebRequest(source, body ?? {}, { signal: ended.signal })
  const result = await handle(webRequest, { authInfo: auth, ...(body === undefined ? {} : { parsedBody: body }) })
  if (response.closed) return await result.body?.cancel()
  response.writeHead(result.status, Object.fromEntries(result.headers))
  if (result.body === null) return void response.end()
  response.flushHeaders()
  try {
    await pipeline(Readable.from(result.body), response)
  } catch (error) {
    if (!response.closed) throw error
  }
}

const noBody = {
  async *[Symbol.asyncIterator]() {
    // The body of a POST is passed as its value, and other requests have none.
  },
}
