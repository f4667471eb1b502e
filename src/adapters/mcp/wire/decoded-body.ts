import type { IncomingMessage } from 'node:http'
import { pipeline, Readable, type Duplex } from 'node:stream'
// A named import of zstd fails in versions of Node that codecell reports as unsupported.
import zlib from 'node:zlib'

/** Maximum number of content codings of one response. */
const maxCodings = 3

/**
 * Returns the chunks of a response without its content codings. Servers use them although the request does not offer any. The
 * readers of the chunks limit their size.
 *
 * @throws {TypeError} when a coding is unknown.
 */
export function decodedBody(response: IncomingMessage): AsyncIterable<Uint8Array> {
  const codings = (response.headers['content-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity')
  if (codings.length > maxCodings) throw new TypeError(`the response has ${codings.length} content codings`)
  return chunksOf(response, codings.toReversed())
}

/** Throws before the first chunk is read when a coding is unknown. */
function chunksOf(response: Readable, codings: readonly string[]): AsyncIterable<Uint8Array> {
  const [first, ...others] = codings
  if (first === undefined) return bytesOf(response)
  if (first === 'deflate') return inflated(response, (body) => chunksOf(body, others))
  return chunksOf(piped(response, decoderOf(first)), others)
}

/** Some servers send deflate without the header of zlib. The first byte distinguishes them. */
async function* inflated(
  response: Readable,
  read: (body: Readable) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const chunks = bytesOf(response)
  const { value: first } = await chunks.next()
  if (first === undefined) return
  const hasHeader = ((first[0] ?? 0) & 0x0f) === 8
  const whole = Readable.from(prepended(first, chunks), { objectMode: false })
  yield* read(piped(whole, hasHeader ? zlib.createInflate(streaming) : zlib.createInflateRaw(streaming)))
}

async function* prepended(first: Uint8Array, others: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  yield* others
}

/** Every chunk is passed on at once: an event must not wait for the next one. */
const streaming = { flush: zlib.constants.Z_SYNC_FLUSH }

function decoderOf(coding: string): Duplex {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip(streaming)
    case 'br':
      return zlib.createBrotliDecompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH })
    case 'zstd':
      return zlib.createZstdDecompress()
    default:
      throw new TypeError(`the response has the unknown content coding ${JSON.stringify(coding.slice(0, 100))}`)
  }
}

function piped(source: Readable, decoder: Duplex): Duplex {
  // Errors of the source reach the reader of the decoder.
  return pipeline(source, decoder, () => undefined)
}

async function* bytesOf(body: Readable): AsyncGenerator<Uint8Array, undefined> {
  for await (const chunk of body) if (chunk instanceof Uint8Array) yield chunk
}
