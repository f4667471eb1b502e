import { watch, type FSWatcher } from 'node:fs'
import type { BundleView } from './bundle-view.ts'

/** Changes within this time are reported together, in milliseconds. */
const quietMs = 150

/** Not every file system reports changes, so the bundle is also polled. */
const pollMs = 1000

/** Calls `onGrowth` after a bundle has grown, until disposed. A bundle with a slow reduction is reported less often. */
export function watchBundle(view: BundleView, onGrowth: () => void): Disposable {
  let stamp = view.stamp()
  let notifiedAt = 0
  let due: NodeJS.Timeout | null = null
  const look = (): void => {
    due = null
    const now = view.stamp()
    if (now === stamp) return
    const waitMs = notifiedAt + 3 * view.buildMs - performance.now()
    if (waitMs > 0) {
      due = setTimeout(look, waitMs)
      return
    }
    stamp = now
    notifiedAt = performance.now()
    onGrowth()
  }
  const lookSoon = (): void => {
    due ??= setTimeout(look, quietMs)
  }
  const watcher = watcherOf(view.directory, lookSoon)
  const poll = setInterval(lookSoon, pollMs)
  return {
    [Symbol.dispose]() {
      watcher?.close()
      clearInterval(poll)
      if (due !== null) clearTimeout(due)
    },
  }
}

/** Starts a watcher. Polling is sufficient without one: there can be too many, or the file system has none. */
function watcherOf(directory: string, onChange: () => void): FSWatcher | null {
  try {
    return watch(directory, onChange).on('error', () => undefined)
  } catch {
    return null
  }
}
