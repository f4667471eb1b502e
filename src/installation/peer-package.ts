import { CodecellError } from '../errors.ts'
import { installedVersion } from './installed-version.ts'

/** A package that users of an entry install, in a version that the entry supports. */
export type PeerPackage = {
  readonly name: string
  /** The entry that needs it, as programs import it. */
  readonly entry: string
  /** The supported versions, for npm: a major version, or a minor version of major version 0. */
  readonly versions: string
  /** Exports of every supported version; they decide when the version is unknown. */
  readonly needs: readonly string[]
}

/**
 * Loads a peer package.
 *
 * @throws {CodecellError} PACKAGE_MISSING when it is not installed, PACKAGE_UNSUPPORTED for another version.
 */
export async function loadPeer<Module extends object>(
  peer: PeerPackage,
  load: () => Promise<Module>,
  version: string | null = installedVersion(peer.name),
): Promise<Module> {
  // A package of another major version can fail to load, so the check comes first.
  if (version !== null && !isOf(version, peer.versions)) throw unsupported(peer, version)
  let loaded: Module
  try {
    loaded = await load()
  } catch (cause) {
    throw isMissing(peer, cause) ? missing(peer, cause) : cause
  }
  if (peer.needs.some((name) => !(name in loaded))) throw unsupported(peer, version)
  return loaded
}

/** Whether a version matches `versions`: `7.0.173` and `7.1.0-beta.1` match `7`, `0.20.3` matches `0.20`. */
export function isOf(version: string, versions: string): boolean {
  return version === versions || version.startsWith(`${versions}.`)
}

function isMissing({ name }: PeerPackage, cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null
  const isNotFound = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
  return isNotFound && String(cause).includes(`'${name}'`)
}

function missing({ name, entry, versions }: PeerPackage, cause: unknown): CodecellError {
  const text = `Cannot use "${entry}": expected the package "${name}"; run npm install ${name}@${versions}`
  return new CodecellError('PACKAGE_MISSING', text, { cause, details: { package: name, versions } })
}

function unsupported({ name, entry, versions }: PeerPackage, version: string | null): CodecellError {
  const found = version === null ? `the installed version of "${name}"` : `"${name}" ${version}`
  return new CodecellError(
    'PACKAGE_UNSUPPORTED',
    `Cannot use "${entry}" with ${found}: expected version ${versions}; run npm install ${name}@${versions}`,
    { details: { package: name, versions } },
  )
}
