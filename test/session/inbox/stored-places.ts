import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createSession, type Session, type SessionOptions } from '../../../src/index.ts'
import type { StoredSession } from '../../../src/session/inbox/stored-inbox.ts'
import { postgresStore, sqliteStore, type SharedStore } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { newSchema } from '../../support/postgres/shared-server.ts'

/** The session `s`, as its owner opens it and as other processes name it. */
type StoredPlace = { readonly at: StoredSession; readonly open: (options: SessionOptions) => Promise<Session> }

/** Creates a storage without sessions. */
export type NewPlace = () => StoredPlace | Promise<StoredPlace>

export const storedPlaces: Readonly<Record<'a folder' | 'a shared store', NewPlace>> = {
  'a folder': () => {
    const at = { storage: newFolder(), sessionId: 's' }
    return { at, open: async (options) => await createSession({ hosts: sharedHosts('in-process'), ...at, ...options }) }
  },
  'a shared store': () => {
    const path = join(newFolder(), 'store.db')
    return placeIn(() => sqliteStore(path))
  },
}

/** Creates a store in a schema of PostgreSQL. */
export const newPostgresPlace: NewPlace = async () => {
  const { url } = await newSchema()
  return placeIn(() => postgresStore(url))
}

/** The owner and the other processes open the store on their own. */
function placeIn(newStore: () => SharedStore): StoredPlace {
  const [owner, others] = [newStore(), newStore()]
  onTestFinished(async () => {
    await owner[Symbol.asyncDispose]()
    await others[Symbol.asyncDispose]()
  })
  const hosts = sharedHosts('in-process')
  return {
    at: { store: others, sessionId: 's' },
    open: async (options) => await createSession({ hosts, store: owner, sessionId: 's', ...options }),
  }
}
