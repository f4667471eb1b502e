import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { CodecellError } from '../../errors.ts'

/** A host name or IP address with a port. */
export type HostPort = { readonly host: string; readonly port: number }

/** An address of a supervisor. `name` is the host name or IP address as the caller wrote it. */
export type ResolvedAddress = { readonly name: string; readonly ip: string; readonly port: number }

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether an IP address is one of this machine only. */
export function isLoopback(ip: string): boolean {
  const family = isIP(ip)
  return family !== 0 && loopback.check(ip, family === 6 ? 'ipv6' : 'ipv4')
}

/**
 * Parses `HOST:PORT`; an IPv6 address is in brackets.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 */
export function parseHostPort(text: string, option: string): HostPort {
  const [, inBrackets, plain, port = ''] = /^(?:\[([\da-f:.]+)\]|([^\s:[\]/@]*)):(\d{1,5})$/i.exec(text) ?? []
  const host = inBrackets ?? plain ?? ''
  if (Number(port) <= 65_535 && host !== '' && (inBrackets === undefined || isIP(inBrackets) === 6)) {
    return { host, port: Number(port) }
  }
  const expected = 'HOST:PORT, such as hosts.internal:7700 or [::1]:7700'
  throw new CodecellError('INVALID_OPTION', `Cannot use ${option} ${JSON.stringify(text)}: expected ${expected}`, {
    details: { option, value: text, expected: 'HOST:PORT' },
  })
}

/** Returns `HOST:PORT`, with an IPv6 address in brackets. */
export function hostPortText(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}

/** Returns all addresses of a name. Rejects with the error of the system. */
export async function resolveAddress({ host, port }: HostPort): Promise<readonly ResolvedAddress[]> {
  if (isIP(host) !== 0) return [{ name: host, ip: host, port }]
  const found = await lookup(host, { all: true })
  return found.map(({ address }) => ({ name: host, ip: address, port }))
}
