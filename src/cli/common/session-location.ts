import { existsSync } from 'node:fs'
import type { StorageOptions } from '../../index.ts'
import { postgresStore, sqliteStore, type SharedStore } from '../../store.ts'
import { usageError, type CommandLine } from './command-line.ts'
import type { Io } from './io.ts'

/** The folder or the shared store of sessions, as options. Disposing it disconnects from the store. */
export interface SessionLocation extends AsyncDisposable {
  /** The file of a store that does not exist yet. Opening the store creates it. */
  readonly missingFile?: string
  readonly options: { readonly storage: string | StorageOptions } | { readonly store: SharedStore }
}

/** The environment variable with the URL of the store, which keeps a password out of the list of processes. */
const storeVariable = 'CODECELL_STORE'

/** Returns the location of sessions for a command that needs one: that of the flags, else of the environment. */
export function demandLocation(line: CommandLine, env: Io['env']): SessionLocation {
  const location = locationOf(line, env)
  if (location?.missingFile !== undefined) {
    throw usageError(line.spec, `Cannot read sessions: file not found: "${location.missingFile}"`)
  }
  if (location !== null) return location
  const name = `codecell ${line.spec.name}`
  throw usageError(line.spec, `Cannot run "${name}": expected --durable DIR or --store URL, or ${storeVariable}`)
}

/** A shared store. Disposing it disconnects from the store. */
export interface StoreConnection extends AsyncDisposable {
  readonly store: SharedStore
}

/** Returns whether the flags or the environment name a shared store. */
export function hasStore(line: CommandLine, env: Io['env']): boolean {
  return (line.text('store') ?? env[storeVariable] ?? '') !== ''
}

/** Returns the shared store of a command that needs one: that of the flags, else of the environment. */
export function demandStore(
  line: CommandLine,
  env: Io['env'],
  { mustExist }: { readonly mustExist: boolean },
): StoreConnection {
  const url = line.text('store') ?? env[storeVariable] ?? ''
  if (url === '') {
    throw usageError(line.spec, `Cannot run "codecell ${line.spec.name}": expected --store URL, or ${storeVariable}`)
  }
  const { missingFile, store, ...rest } = storeLocation(line, url, line.text('tenant'))
  if (mustExist && missingFile !== undefined) {
    throw usageError(line.spec, `Cannot read sessions: file not found: "${missingFile}"`)
  }
  return { store, ...rest }
}

/** Returns the location of sessions that the flags name; null without such flags. */
export function flagLocation(line: CommandLine): SessionLocation | null {
  return locationOf(line, {})
}

/** Returns the location of sessions; null when neither flags nor environment name one. */
export function locationOf(line: CommandLine, env: Io['env']): SessionLocation | null {
  const folder = line.text('durable')
  const url = line.text('store') ?? (folder === undefined ? env[storeVariable] : undefined)
  if (folder !== undefined && url !== undefined) {
    throw usageError(line.spec, 'Cannot use --store with --durable: a session is in one of them')
  }
  const tenant = line.text('tenant')
  if (url !== undefined && url !== '') return storeLocation(line, url, tenant)
  if (tenant !== undefined && !usesRemoteHosts(line)) {
    throw usageError(line.spec, 'Cannot use --tenant without --store URL or --hosts-at HOST:PORT')
  }
  return folder === undefined ? null : { options: { storage: folder }, [Symbol.asyncDispose]: async () => undefined }
}

/** Whether a tenant is about the slots of hosts. Only commands that run cells have the flag. */
function usesRemoteHosts(line: CommandLine): boolean {
  return line.spec.flags.some(({ flag }) => flag === 'hosts-at') && line.has('hosts-at')
}

function storeLocation(line: CommandLine, url: string, tenant: string | undefined): SessionLocation & StoreConnection {
  const path = /^sqlite:(?:\/\/)?(.+)$/s.exec(url)?.[1]
  const address = line.spec.flags.some(({ flag }) => flag === 'peer-url') ? line.text('peer-url') : undefined
  const store = openStore(line, url, {
    path,
    ...(tenant === undefined ? {} : { tenant }),
    ...(address === undefined ? {} : { address }),
  })
  return {
    store,
    options: { store },
    ...(path === undefined || existsSync(path) ? {} : { missingFile: path }),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

type StoreFlags = { readonly path: string | undefined; readonly tenant?: string; readonly address?: string }

function openStore(line: CommandLine, url: string, { path, ...options }: StoreFlags): SharedStore {
  if (path !== undefined) return sqliteStore(path, options)
  if (/^postgres(?:ql)?:/.test(url)) return postgresStore(url, options)
  // The URL may contain a password.
  throw usageError(line.spec, 'Cannot use the URL of the store: expected postgres://… or sqlite:FILE')
}
