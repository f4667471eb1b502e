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
  /** Called before a part of the response is sent. Returns false when the response must not be sent. */
  readonly onSend: (status: number) => boolean
  /** Whether the headers wait for the body, so that the response can be discarded until then. */
  readonly holdsHeaders: boolean
}

/** Handles a request of Node. The headers of a stream of notifications are sent at once, so that its client knows that it is open. */
export async function handleWeb(
  handle: WebHandler,
  { request, response, body, auth, onSend, holdsHeaders }: NodeRequest,
): Promise<void> {
  const ended = new AbortController()
  const onClose = (): void => {
    if (!response.writableFinished) ended.abort(new Error('the connection has ended'))
  }
  response.once('close', onClose)
  const { headers, method, url } = request
  // The body has been read.
  const source = { method: method ?? 'GET', url: url ?? '/', headers, ...noBody }
  const webRequest = await toWebRequest(source, body ?? {}, { signal: ended.signal })
  const result = await handle(webRequest, { authInfo: auth, ...(body === undefined ? {} : { parsedBody: body }) })
  if (response.closed) return await result.body?.cancel()
  const content = result.body === null ? null : contentOf(result.body)
  if (holdsHeaders) await content?.begun(response)
  if (response.closed || !onSend(result.status)) {
    response.off('close', onClose)
    return await content?.cancel()
  }
  response.writeHead(result.status, Object.fromEntries(result.headers))
  if (content === null) return void response.end()
  response.flushHeaders()
  try {
    await pipeline(Readable.from(content.chunks()), response)
  } catch (error) {
    if (!response.closed) throw error
  }
}

const noBody = {
  async *[Symbol.asyncIterator]() {
    // The body of a POST is passed as its value, and other requests have none.
  },
}

type Content = {
  /** Resolves when the body has begun, or the connection has ended. */
  readonly begun: (response: ServerResponse) => Promise<void>
  readonly chunks: () => AsyncGenerator<Uint8Array, void, undefined>
  readonly cancel: () => Promise<void>
}

function contentOf(body: ReadableStream<Uint8Array>): Content {
  const reader = body.getReader()
  let first: ReturnType<typeof reader.read> | null = null
  const cancel = async (): Promise<void> => await reader.cancel().catch(() => undefined)
  const onClose = (): void => void cancel()
  return {
    async begun(response) {
      response.once('close', onClose)
      first = reader.read()
      await first.catch(() => undefined)
      response.off('close', onClose)
    },
    async *chunks() {
      try {
        for (;;) {
          const { done, value } = await (first ?? reader.read())
          first = null
          if (done) return
          yield value
        }
      } finally {
        await cancel()
      }
    },
    cancel,
  }
}
