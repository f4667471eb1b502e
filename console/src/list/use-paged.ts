import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Page } from '../../../src/console/api.ts'
import type { Live, LiveEvent } from '../data/live.ts'
import { PagedList, type PagedListOptions } from '../data/paged-list.ts'

type Use<Item, Result extends Page<Item>> = Pick<PagedListOptions<Item, Result>, 'load' | 'keyOf'> & {
  /** Identifies the query: another one makes another list. */
  readonly query: string
  readonly live: Live
  /** The id of the element of the list. */
  readonly id: string
  /** Applies an event to the list, and returns whether it changed something. */
  readonly apply: (list: PagedList<Item, Result>, event: LiveEvent) => boolean
}

const reloadMs = 700

/**
 * Returns the list of a query. New and removed items appear by themselves only while the list is at its beginning and has neither the
 * pointer nor the focus, so that nothing moves that the user reads or is about to choose.
 */
export function usePaged<Item, Result extends Page<Item>>(use: Use<Item, Result>): PagedList<Item, Result> {
  const [, redraw] = useState(0)
  const shown = useRef<PagedList<Item, Result> | null>(null)
  const latest = useRef(use)
  latest.current = use
  const list = useMemo(
    () =>
      new PagedList<Item, Result>({
        load: use.load,
        keyOf: use.keyOf,
        onChange: () => redraw((count) => count + 1),
      }),
    [use.query],
  )
  useEffect(() => {
    void list.reload()
    let timer: ReturnType<typeof setTimeout> | undefined
    const reloadLater = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined
        if (isOutdated(list) && isUntouched(latest.current.id)) void list.reload()
      }, reloadMs)
    }
    const remove = use.live.on((event) => {
      if (event.type === 'reload') list.outdate(null)
      if (event.type !== 'reload' && !latest.current.apply(list, event)) return
      redraw((count) => count + 1)
      if (isOutdated(list)) reloadLater()
    })
    // The pointer can leave the list long after the last event.
    const idle = setInterval(() => {
      if (isOutdated(list)) reloadLater()
    }, 2000)
    return () => {
      remove()
      clearTimeout(timer)
      clearInterval(idle)
      list.close()
    }
  }, [list])
  // The last list stays until the next one has its first page.
  if (list.isReady || list.failure !== null || shown.current === null) shown.current = list
  return shown.current
}

export function isOutdated<Item>({ outdated }: PagedList<Item, Page<Item>>): boolean {
  return outdated.count > 0 || outdated.isMore
}

function isUntouched(id: string): boolean {
  const box = document.getElementById(id)
  return box !== null && box.scrollTop === 0 && !box.matches(':hover') && !box.contains(document.activeElement)
}
