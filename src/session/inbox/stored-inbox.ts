import { leaveEntry, leftContent, withdrawEntry } from '../../storage/disk/files/inbox-folder.ts'
import { layoutOf } from '../../storage/disk/layout.ts'
import type { StorageLocation } from '../../storage/disk/read-sessions.ts'
import { isAbout, type ContentOf, type InboxContent, type InboxSubject } from '../../storage/inbox-content.ts'
import type { StoreLocation } from '../../storage/reports/read-sessions.ts'
import { entryOf, leftEntryOf } from '../../storage/shared/logged-inbox.ts'
import { LogStore } from '../../storage/shared/shared-store.ts'

/** A stored session, which can be open in any process or in none. */
export type StoredSession = (StorageLocation | StoreLocation) & { readonly sessionId: string }

/** The inbox of a stored session, as other processes than its owner use it. */
export type StoredInbox = {
  /** Returns the first entry about a subject that the owner has not taken; null for none. */
  readonly find: <Kind extends InboxContent['kind']>(subject: InboxSubject<Kind>) => Promise<ContentOf<Kind> | null>
  /**
   * Leaves an entry. In a folder, an earlier entry about the same subject stays, and the new one has no effect.
   *
   * @throws {CodecellError} `STORAGE_FAILED`, `STORE_UNREACHABLE`, `SESSION_NOT_FOUND`, `LIMIT_EXCEEDED`
   */
  readonly leave: (content: InboxContent) => Promise<void>
  /** Removes the entry about a subject, because the owner has recorded something else. In a shared store, the owner refuses it. */
  readonly withdraw: (subject: InboxSubject) => void
}

export function storedInboxOf(session: StoredSession): StoredInbox {
  const { sessionId } = session
  // A shared store can be given together with a folder by mistake; reading the session refuses it.
  if ('storage' in session) {
    const { storage } = session
    const folder = layoutOf(typeof storage === 'string' ? storage : storage.dir, sessionId).inbox
    return {
      find: async (subject) => leftContent(folder, subject),
      leave: async (content) => void leaveEntry(folder, content),
      withdraw: (subject) => withdrawEntry(folder, subject),
    }
  }
  const { store } = session
  const name = { tenant: store.tenant, id: sessionId }
  return {
    find: async (subject) => {
      const { entries } = await (await LogStore.logsOf(store)).read(name)
      for (const entry of entries) {
        const { content } = leftEntryOf(entry)
        if (isAbout(content, subject)) return content
      }
      return null
    },
    leave: async (content) => await (await LogStore.logsOf(store)).post(name, entryOf(content)),
    withdraw: () => undefined,
  }
}
