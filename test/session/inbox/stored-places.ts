import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createSession, type Session, type SessionOptions } from '../../../src/index.ts'
import type { StoredSession } from '../../../src/session/inbox/stored-inbox.ts'
import { sqliteStore } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'

/** The session `s`, as its owner opens it and as other processes name it. */
export type StoredPlace = { readonly at: StoredSession; readonly open: (options: SessionOptions) => Promise<Session> }

export const storedPlaces: Readonly<Record<'a folder' | 'a shared store', () => StoredPlace>> = {
  'a folder': () => {
    const at = { storage: newFolder(), sessionId: 's' }
    return { at, open: async (options) => await createSession({ hosts: sharedHosts('in-process'), ...at, ...options }) }
  },
  'a shared store': () => {
    const path = join(newFolder(), 'store.db')
    // The owner and the other processes open the store on their own.
    const [owner, others] = [sqliteStore(path), sqliteStore(path)]
    onTestFinished(async () => {
      await owner[Symbol.asyncDispose]()
      await others[Symbol.asyncDispose]()
    })
    const hosts = sharedHosts('in-process')
    return {
      at: { store: others, sessionId: 's' },
      open: async (options) => await createSession({ hosts, store: owner, sessionId: 's', ...options }),
    }
  },
}
