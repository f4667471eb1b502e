import { readFile } from 'node:fs/promises'
import { messageOf } from '../../../errors.ts'
import { CodecellError } from '../../../index.ts'
import type { FleetOptions, PeerOptions, PeerTls } from '../../../mcp-server.ts'
import { certificateFilesOf, readCertificates } from '../../common/certificates.ts'
import { usageError, type CommandLine } from '../../common/command-line.ts'
import type { Io } from '../../common/io.ts'
import { serveSpec } from '../../specs/run-commands.ts'

const keyVariable = 'CODECELL_FLEET_KEY'
const peerFlags = ['peer-url', 'peer-server-name', 'plain-peers']

/** Returns whether flags or environment make the server part of a fleet. */
export function isFleet(line: CommandLine, env: Io['env']): boolean {
  if (line.has('fleet-key-file')) return true
  return (
    line.has('http') && env[keyVariable] !== undefined && (line.has('store') || env['CODECELL_STORE'] !== undefined)
  )
}

/**
 * Returns the fleet that the flags describe; null without one. Throws a `CommandError` for wrong flags.
 *
 * @throws {CodecellError} `INVALID_OPTION` when a file cannot be read
 */
export async function fleetOf(line: CommandLine, env: Io['env']): Promise<FleetOptions | null> {
  checkFlags(line, env)
  if (!isFleet(line, env)) return null
  const keys = await keysOf(line, env)
  const peer = await peerOf(line)
  const hibernateMs = line.number('hibernate')
  return { keys, ...(peer === null ? {} : { peer }), ...(hibernateMs === undefined ? {} : { hibernateMs }) }
}

function checkFlags(line: CommandLine, env: Io['env']): void {
  const needsFleet = ['peer-listen', 'hibernate'].find((flag) => line.has(flag))
  if (needsFleet !== undefined && !isFleet(line, env)) {
    throw usageError(
      serveSpec,
      `Cannot use --${needsFleet} alone: expected --http, --store URL and --fleet-key-file FILE`,
    )
  }
  const needsPeers = peerFlags.find((flag) => line.has(flag))
  if (needsPeers !== undefined && !line.has('peer-listen')) {
    throw usageError(serveSpec, `Cannot use --${needsPeers} without --peer-listen`)
  }
  if (!isFleet(line, env)) return
  if (!line.has('http')) throw usageError(serveSpec, 'Cannot use --fleet-key-file without --http')
  if (line.has('durable') || (!line.has('store') && env['CODECELL_STORE'] === undefined)) {
    throw usageError(serveSpec, 'Cannot use --fleet-key-file without --store URL')
  }
}

/** Returns the keys: from the file, else from the environment. A new one comes first, and old ones are still accepted. */
async function keysOf(line: CommandLine, env: Io['env']): Promise<readonly string[]> {
  const file = line.text('fleet-key-file')
  const text = file === undefined ? (env[keyVariable] ?? '') : await readKeys(file)
  const keys = text.split(/\s+/).filter((key) => key !== '')
  if (keys.length > 0 && keys.every((key) => key.length >= 32)) return keys
  const origin = file === undefined ? keyVariable : `"${file}"`
  throw usageError(serveSpec, `Cannot use the key of ${origin}: expected at least 32 characters without spaces`)
}

async function readKeys(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new CodecellError('INVALID_OPTION', `Cannot read the key file "${file}": ${messageOf(cause)}`, { cause })
  }
}

/** Returns the port for the other servers; null without one. */
async function peerOf(line: CommandLine): Promise<PeerOptions | null> {
  const listen = line.text('peer-listen')
  if (listen === undefined) return null
  const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(listen) ?? []
  if (port === '' || Number(port) > 65_535) {
    throw usageError(serveSpec, `Cannot use --peer-listen "${listen}": expected HOST:PORT`)
  }
  const tls = await peerTlsOf(line)
  checkPeerUrl(line.text('peer-url'), tls)
  const address = host.replace(/^\[(.*)\]$/, '$1')
  return { address: address === '' ? '::' : address, port: Number(port), tls, plain: line.has('plain-peers') }
}

async function peerTlsOf(line: CommandLine): Promise<PeerTls | null> {
  const hasFiles = ['tls-cert', 'tls-key', 'tls-ca'].some((flag) => line.has(flag))
  const files = line.has('plain-peers') || !hasFiles ? null : certificateFilesOf(serveSpec, line)
  if (files === null) return null
  const serverName = line.text('peer-server-name')
  return { ...(await readCertificates(files)), ...(serverName === undefined ? {} : { serverName }) }
}

function checkPeerUrl(url: string | undefined, tls: PeerTls | null): void {
  const protocol = tls === null ? 'http:' : 'https:'
  if (url !== undefined && URL.canParse(url) && new URL(url).protocol === protocol) return
  const got = url === undefined ? 'none' : `"${url}"`
  throw usageError(serveSpec, `Cannot use --peer-listen: expected a URL with ${protocol} as --peer-url, got ${got}`)
}
