import type { IncomingMessage } from 'node:http'

/** Returns the body of a request; null when it has more than `maxBytes`. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const part = Buffer.from(chunk)
    bytes += part.length
    if (bytes > maxBytes) return null
    chunks.push(part)
  }
  return Buffer.concat(chunks).toString()
}
