import { watch, type FSWatcher } from 'node:fs'
import type { BundleView } from './bundle-view.ts'

/** Changes that come together are told once. */
const quietMs = 150

/** Not every file system tells of changes, so we look as well. */
const pollMs = 1000

/** Calls `onGrowth` after a bundle has grown, until it is disposed. A bundle that takes long to reduce is told less often. */
export function watchBundle(view: BundleView, onGrowth: () => void): Disposable {
  let stamp = view.stamp()
  let toldAt = 0
  let due: NodeJS.Timeout | null = null
  const look = (): void => {
    due = null
    const now = view.stamp()
    if (now === stamp) return
    const waitMs = toldAt + 3 * view.buildMs - performance.now()
    if (waitMs > 0) {
      due = setTimeout(look, waitMs)
      return
    }
    stamp = now
    toldAt = performance.now()
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

/** Without a watcher (there are too many, or the file system has none) looking is enough. */
function watcherOf(directory: string, onChange: () => void): FSWatcher | null {
  try {
    return watch(directory, onChange).on('error', () => undefined)
  } catch {
    return null
  }
}
