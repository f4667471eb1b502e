import { CodecellError } from '../errors.ts'
import { installedVersion } from './installed-version.ts'

/** A package that the user of an entry installs, in a version that the entry works with. */
export type PeerPackage = {
  readonly name: string
  /** The entry that needs it, as a program imports it. */
  readonly entry: string
  /** The versions that work, as npm takes them: a major version, or a minor one of major version 0. */
  readonly versions: string
  /** Exports that every such version has; they decide where the version cannot be told. */
  readonly needs: readonly string[]
}

/** Loads a peer. Throws `PACKAGE_MISSING` where it is not installed, and `PACKAGE_UNSUPPORTED` for another version. */
export async function loadPeer<MODULE extends object>(
  peer: PeerPackage,
  load: () => Promise<MODULE>,
  version: string | null = installedVersion(peer.name),
): Promise<MODULE> {
  // First: a version of another major may not even load.
  if (version !== null && !isOf(version, peer.versions)) throw unsupported(peer, version)
  let loaded: MODULE
  try {
    loaded = await load()
  } catch (cause) {
    throw isMissing(peer, cause) ? missing(peer, cause) : cause
  }
  if (peer.needs.some((name) => !(name in loaded))) throw unsupported(peer, version)
  return loaded
}

/** Whether a version is one of `versions`: `7.0.173` and `7.1.0-beta.1` are of `7`, `0.20.3` is of `0.20`. */
export function isOf(version: string, versions: string): boolean {
  return version === versions || version.startsWith(`${versions}.`)
}

function isMissing({ name }: PeerPackage, cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null
  const isNotFound = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
  return isNotFound && String(cause).includes(`'${name}'`)
}

function missing({ name, entry, versions }: PeerPackage, cause: unknown): CodecellError {
  const text = `Cannot use "${entry}": it needs the package "${name}", run npm install ${name}@${versions}`
  return new CodecellError('PACKAGE_MISSING', text, { cause, details: { package: name, versions } })
}

function unsupported({ name, entry, versions }: PeerPackage, version: string | null): CodecellError {
  const found = version === null ? `the version of "${name}" that is installed` : `"${name}" ${version}`
  return new CodecellError(
    'PACKAGE_UNSUPPORTED',
    `Cannot use "${entry}" with ${found}: it works with version ${versions}, run npm install ${name}@${versions}`,
    { details: { package: name, versions } },
  )
}
