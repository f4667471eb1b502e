/** Returns the text of a response. A longer one is cut, or an error. */
export async function limitedText(response: Response, maxBytes: number, ifLonger: 'cut' | 'fail'): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    chunks.push(chunk)
    if (size <= maxBytes) continue
    if (ifLonger === 'cut') break
    throw new RangeError(`the response exceeds ${maxBytes} bytes`)
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8')
}
