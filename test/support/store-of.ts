import type { SessionOptions } from '../../src/index.ts'
import { postgresStore, sqliteStore, type StoreOptions } from '../../src/store.ts'

/** Returns the options of a session in a folder, or in the shared store of a URL. */
export function storedAt(location: string, options: StoreOptions = {}): Pick<SessionOptions, 'storage' | 'store'> {
  if (location.startsWith('postgres:')) return { store: postgresStore(location, options) }
  const path = /^sqlite:(.*)$/.exec(location)?.[1]
  return path === undefined ? { storage: location } : { store: sqliteStore(path, options) }
}
