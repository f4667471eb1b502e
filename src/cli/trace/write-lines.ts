import { once } from 'node:events'
import type { Writable } from 'node:stream'

/** Writes lines no faster than they are taken: a trace may be longer than the memory of a pipe's reader. */
export async function writeLines(stream: Writable, lines: Iterable<string>): Promise<void> {
  for (const line of lines) if (!stream.write(`${line}\n`)) await once(stream, 'drain')
}
