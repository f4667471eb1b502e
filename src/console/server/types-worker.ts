import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { brotliDecompressSync } from 'node:zlib'
import { packageFile } from '../../package/package-file.ts'

/** The path of the worker of TypeScript, which the playground of the console loads. */
export const typesWorkerPath = '/types-worker.js'

type TypesWorker = { readonly compressed: Buffer; readonly tag: string }

let known: TypesWorker | null = null

/**
 * Sends the worker. The package has it compressed, because it is 4 MB of code. A browser that does not accept Brotli, such as one that
 * uses the console over plain HTTP from another machine, gets it uncompressed. Responds with 404 if the package was not built.
 */
export function sendTypesWorker(request: IncomingMessage, response: ServerResponse): void {
  const worker = readTypesWorker()
  if (worker === null) {
    response.writeHead(404).end()
    return
  }
  const { compressed, tag } = worker
  // The browser keeps the file, and asks whether it changed.
  response.setHeader('cache-control', 'no-cache').setHeader('etag', tag).setHeader('vary', 'accept-encoding')
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304).end()
    return
  }
  response.setHeader('content-type', 'text/javascript; charset=utf-8')
  if (acceptsBrotli(request)) response.setHeader('content-encoding', 'br').end(compressed)
  else response.end(brotliDecompressSync(compressed))
}

function readTypesWorker(): TypesWorker | null {
  try {
    known ??= tagged(readFileSync(packageFile('dist/console/types-worker.js.br')))
    return known
  } catch {
    return null
  }
}

function tagged(compressed: Buffer): TypesWorker {
  return { compressed, tag: `"${createHash('sha256').update(compressed).digest('base64url')}"` }
}

function acceptsBrotli({ headers }: IncomingMessage): boolean {
  const accepted = headers['accept-encoding']
  const encodings = (Array.isArray(accepted) ? accepted.join(',') : (accepted ?? '')).split(',')
  return encodings.some((encoding) => /^\s*br\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(encoding))
}
