import { once } from 'node:events'
import type { Server } from 'node:net'
import { CodecellError, messageOf } from '../../errors.ts'
import { hostPortText } from '../link/addresses.ts'

/** The address of a server. `host` is null for all addresses of the machine. */
export type ListenAddress = { readonly host: string | null; readonly port: number }

/**
 * Starts to listen. `option` names the option with the address.
 *
 * @throws {CodecellError} `INVALID_OPTION` when the address cannot be used
 */
export async function listenOn(server: Server, { host, port }: ListenAddress, option: string): Promise<void> {
  try {
    await once(server.listen(host === null ? { port } : { host, port }), 'listening')
  } catch (cause) {
    const where = hostPortText(host ?? '', port)
    throw new CodecellError('INVALID_OPTION', `Cannot listen on ${where}: ${messageOf(cause)}`, {
      cause,
      details: { option, value: where, expected: 'an address of this machine with a free port' },
    })
  }
}

/** Returns the address that a server listens on. */
export function boundTo(server: Server): { readonly address: string; readonly port: number } {
  const bound = server.address()
  return bound === null || typeof bound === 'string' ? { address: '', port: 0 } : bound
}
