import { setTimeout as delay } from 'node:timers/promises'
import { CodecellError } from '../../../errors.ts'
import type { OpenLog } from '../../logs/session-logs.ts'

/** Backoff before a blob is sent again to a store that is away, in milliseconds. */
const minRetryMs = 100
const maxRetryMs = 2000

/** Returns blobs whose storing is repeated until the store responds, as that of rows is. */
export function retryingBlobs(log: OpenLog): Pick<OpenLog, 'putBlob'> {
  return {
    putBlob: async (bytes, scope) => {
      for (let waitMs = minRetryMs; ; waitMs = Math.min(2 * waitMs, maxRetryMs)) {
        try {
          return await log.putBlob(bytes, scope)
        } catch (error) {
          if (!CodecellError.is(error, 'STORE_UNREACHABLE') || !log.isOpen) throw error
        }
        await delay(waitMs, undefined, { ref: false })
      }
    },
  }
}
