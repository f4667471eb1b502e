/** The body of a response that is longer than the maximum. */
export class ResponseTooLong extends TypeError {}

/**
 * Reads the body of a response.
 *
 * @throws {ResponseTooLong} when it exceeds `maxBytes`.
 */
export async function readBytes(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new ResponseTooLong(`its response exceeds the limit of ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
