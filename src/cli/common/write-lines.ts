import { once } from 'node:events'
import type { Writable } from 'node:stream'

/** Writes lines with backpressure: a trace can be larger than memory. */
export async function writeLines(stream: Writable, lines: Iterable<string>): Promise<void> {
  for (const line of lines) if (!stream.write(`${line}\n`)) await once(stream, 'drain')
}
