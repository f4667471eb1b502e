import { CodecellError, type Session, type SessionOptions } from '../../../src/index.ts'
import type { SessionEvent } from '../../../src/events/session-event.ts'
import { openSessionOn } from '../../../src/session/create-session.ts'
import { DiskSessionStore } from '../../../src/storage/disk/disk-session-store.ts'
import { CommitGate } from '../../support/commits.ts'
import { newFolder } from '../../support/folder.ts'
import { GatedStore } from '../../support/gated-store.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { EventWatch } from '../following/event-watch.ts'

/** A stored session whose barriers a test controls. */
export type GatedSession = {
  readonly session: Session
  readonly gate: CommitGate
  readonly folder: string
  /** Notices that another process owns the session. */
  readonly lose: () => void
}

export const storageFailed: CodecellError = new CodecellError('STORAGE_FAILED', 'Cannot write: the disk is full')
export const sessionLost: CodecellError = new CodecellError(
  'SESSION_LOST',
  'Cannot continue: another process owns the session',
)

export async function openGated(options: SessionOptions = {}, folder: string = newFolder()): Promise<GatedSession> {
  const gate = new CommitGate()
  const disk = DiskSessionStore.open(folder, 's', { fsync: false, mustExist: false, onFailure: () => undefined })
  const store = new GatedStore(disk, gate)
  const session = await openSessionOn({ hosts: sharedHosts('in-process'), ...options }, async () => store)
  const lose = (): void => {
    gate.fail(sessionLost)
    store.lose(sessionLost)
  }
  return { session, gate, folder, lose }
}

/** Waits until everything that can happen without another event has happened. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => void setImmediate(resolve))
}

/** Counts the texts that the cells of a session print. */
export class TextWatch extends EventWatch {
  override onEvent(event: SessionEvent): void {
    if (event.type === 'cell_emitted' && event.event.type === 'text') super.onEvent(event)
  }

  /** Resolves when cells have printed `count` texts. */
  async printed(count: number): Promise<void> {
    await this.waitFor('cell_emitted', count)
  }
}
