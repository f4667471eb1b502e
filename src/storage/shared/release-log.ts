import { CodecellError } from '../../errors.ts'
import type { OpenLog, Wake } from '../logs/session-logs.ts'

/** Interval between attempts to release a session while its store is away, in milliseconds. */
const retryMs = 1000

/** Maximum time for which closing waits for pending effects, and then for the release of the session, in milliseconds. */
export const maxCloseMs = 5000

/**
 * Gives up a session, as soon as the store responds. If it does not before the process ends, the session becomes free when the lease
 * of the node ends.
 */
export async function releaseLog(log: OpenLog, wake: Wake): Promise<void> {
  for (;;) {
    try {
      return await log.release(wake)
    } catch (error) {
      if (!CodecellError.is(error, 'STORE_UNREACHABLE')) throw error
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    setTimeout(resolve, retryMs).unref()
    await promise
  }
}

/** Waits for a promise, but not for a store that is away for long: what is not on record has had no effect. */
export async function inTime(promise: Promise<unknown> | undefined): Promise<void> {
  const { promise: timeout, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, maxCloseMs)
  await Promise.race([promise, timeout])
  clearTimeout(timer)
}
