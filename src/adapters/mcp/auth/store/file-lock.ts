import { setTimeout as delay } from 'node:timers/promises'
import { isBusy, openDatabase } from '../../../../storage/disk/database/sqlite.ts'

/** The time between two attempts to get a lock, in milliseconds. */
const retryMs = 25

/**
 * Runs an action while no other process has the lock on a file. The lock is one of the operating system, which ends with its
 * process. Throws when the lock is not free within `maxMs`.
 */
export async function withFileLock<Value>(path: string, maxMs: number, action: () => Promise<Value>): Promise<Value> {
  const database = openDatabase(path, { timeout: 0 })
  try {
    const giveUpAt = Date.now() + maxMs
    while (!isLocked(() => database.exec('BEGIN EXCLUSIVE'))) {
      if (Date.now() > giveUpAt) throw new Error(`another process has locked "${path}" for more than ${maxMs} ms`)
      await delay(retryMs)
    }
    return await action()
  } finally {
    database.close()
  }
}

function isLocked(lock: () => void): boolean {
  try {
    lock()
    return true
  } catch (error) {
    if (isBusy(error)) return false
    throw error
  }
}
