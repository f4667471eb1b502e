import type { IncomingMessage } from 'node:http'

export type JsonBody =
  | { readonly type: 'json'; readonly value: unknown; readonly bytes: Uint8Array }
  | { readonly type: 'malformed' }
  | { readonly type: 'refused'; readonly status: number; readonly text: string }

/** Reads a JSON body of at most `maxBytes`. Rejects when the client disconnects. */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<JsonBody> {
  const contentType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (contentType !== 'application/json') return refused(415, 'Content type must be application/json')
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return tooLong(maxBytes)
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!(chunk instanceof Uint8Array)) continue
    bytes += chunk.length
    if (bytes > maxBytes) return tooLong(maxBytes)
    chunks.push(chunk)
  }
  const body = Buffer.concat(chunks)
  try {
    return { type: 'json', value: JSON.parse(utf8.decode(body)), bytes: body }
  } catch {
    return { type: 'malformed' }
  }
}

/** Removes a byte order mark. */
const utf8 = new TextDecoder()

function tooLong(maxBytes: number): JsonBody {
  return refused(413, `Body exceeds ${maxBytes} bytes`)
}

function refused(status: number, text: string): JsonBody {
  return { type: 'refused', status, text }
}
