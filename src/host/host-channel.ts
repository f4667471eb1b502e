import { createReadStream, createWriteStream } from 'node:fs'
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** The descriptor of a host process that leads to the session. */
const fd = 3

/** Opens the channel of this host process to the session. */
export function openHostChannel(): Duplex {
  if (!('Bun' in globalThis)) return new Socket({ fd })
  // A socket of Bun does not take a descriptor.
  const options = { fd, autoClose: false }
  return Duplex.from({ readable: createReadStream('', options), writable: createWriteStream('', options) })
}
