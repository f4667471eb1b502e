import { remoteHosts, type HostPool, type HostPoolOptions } from '../../index.ts'
import type { LinkOptions } from '../../supervisor.ts'
import type { CommandSpec } from '../specs/command-spec.ts'
import { certificateFilesOf, readCertificates } from './certificates.ts'
import { usageError, type CommandLine } from './command-line.ts'

const otherFlags = ['tls-cert', 'tls-key', 'tls-ca', 'plain-tcp', 'tls-server-name']

const peerFlags: ReadonlySet<string> = new Set(['tls-cert', 'tls-key', 'tls-ca'])

/** Returns the pool of hosts that the flags select; null without `--hosts-at`. Throws a `CommandError` for wrong flags. */
export function remoteHostsOf(
  spec: CommandSpec,
  line: CommandLine,
  { pool, onWarning }: { readonly pool: HostPoolOptions; readonly onWarning: (message: string) => void },
): HostPool | null {
  const links = linkFlags(spec, line)
  if (links === null) return null
  const tenant = line.text('tenant')
  return remoteHosts({ ...pool, ...links, onWarning, ...(tenant === undefined ? {} : { tenant }) })
}

/** Returns the supervisors and certificates that the flags name; null without `--hosts-at`. Throws a `CommandError` for wrong flags. */
export function linkFlags(spec: CommandSpec, line: CommandLine): LinkOptions | null {
  const addresses = line.list('hosts-at').flatMap((list) => list.split(',').map((address) => address.trim()))
  if (addresses.length === 0) {
    // The certificates can be those of servers among each other.
    const isServer = line.spec.flags.some(({ flag }) => flag === 'peer-listen') && line.has('peer-listen')
    const flags = isServer ? otherFlags.filter((name) => !peerFlags.has(name)) : otherFlags
    const flag = flags.find((name) => line.has(name))
    if (flag !== undefined) throw usageError(spec, `Cannot use --${flag} without --hosts-at`)
    return null
  }
  const files = certificateFilesOf(spec, line)
  const serverName = line.text('tls-server-name')
  return {
    addresses,
    tls:
      files === null
        ? null
        : async () => ({ ...(await readCertificates(files)), ...(serverName === undefined ? {} : { serverName }) }),
  }
}
