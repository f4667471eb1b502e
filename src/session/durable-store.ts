import { randomUUID } from 'node:crypto'
import { CodecellError, messageOf } from '../../errors.ts'
import { DiskSessionStore } from '../../storage/disk/disk-session-store.ts'
import { MemorySessionStore } from '../../storage/memory/memory-session-store.ts'
import type { SessionStore } from '../../storage/session-store.ts'
import { checkOptions } from '../../options/check-options.ts'
import type { Limits } from '../limits.ts'
import { durableOptionNames } from './option-names.ts'

/** Where a session is kept. */
export type DurableOptions = {
  /** The folder that has a folder for each session. It is made when it is not there. */
  readonly folder: string
  /**
   * Whether what is on record outlasts the power as well as the process: each record is then forced to the disk before anything
   * depends on it, which takes milliseconds. Default: no.
   */
  readonly sync?: boolean
}

/** Opens what a session keeps itself in. Throws what `DiskSessionStore.open` throws. */
export function openStore(
  durable: string | DurableOptions | undefined,
  id: string | undefined,
  { mustExist, limits }: { readonly mustExist: boolean; readonly limits: Limits },
): SessionStore {
  if (typeof durable !== 'string') checkOptions('durable', durable, durableOptionNames)
  if (durable === undefined) return new MemorySessionStore(id ?? randomUUID(), limits)
  const { folder, sync = false } = typeof durable === 'string' ? { folder: durable } : durable
  if (folder === '')
    throw new CodecellError('INVALID_OPTION', 'Cannot keep sessions in "": the path of a folder is expected')
  return DiskSessionStore.open(folder, id ?? randomUUID(), {
    sync,
    mustExist,
    onFailure: (error) =>
      process.emitWarning(`A session cannot be written; nothing new is begun until it can: ${messageOf(error)}`, {
        type: 'CodecellWarning',
      }),
  })
}
