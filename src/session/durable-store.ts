import { randomUUID } from 'node:crypto'
import { CodecellError, messageOf } from '../errors.ts'
import { DiskSessionStore } from '../storage/disk/disk-session-store.ts'
import { MemorySessionStore } from '../storage/memory/memory-session-store.ts'
import type { SessionStore } from '../storage/session-store.ts'
import { checkOptions } from '../options/check-options.ts'
import type { DurableOptions } from './api/session-options.ts'
import type { Limits } from './limits.ts'
import { durableOptionNames } from './api/option-names.ts'

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
