import type { ComponentChildren, JSX, RefObject } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { RowHeights } from './row-heights.ts'

export type MeasuredListProps = {
  readonly label: string
  readonly keys: readonly string[]
  /** The estimated height of a row before it is measured, in pixels. */
  readonly estimate: number
  /** The key of the row that is shown first, or null. */
  readonly target: string | null
  readonly children: (index: number) => ComponentChildren
  readonly empty: string
}

const beyond = 600

/** A feed of rows with different heights. Only rows near the visible part have elements. */
export function MeasuredList({ label, keys, estimate, target, children, empty }: MeasuredListProps): JSX.Element {
  const { box, heights, first, last, measure, release } = useMeasured(keys, estimate, target)
  const rows = Array.from({ length: Math.max(0, last - first) }, (_, offset) => first + offset)
  return (
    <div
      ref={box}
      class="feed"
      role="feed"
      aria-label={label}
      tabIndex={0}
      onScroll={measure}
      onWheel={release}
      onPointerDown={release}
    >
      {keys.length === 0 && <p class="empty">{empty}</p>}
      <div role="presentation" style={{ height: `${heights.total}px`, position: 'relative' }}>
        {rows.map((index) => (
          <div
            key={keys[index]}
            data-index={index}
            class="feed-row"
            style={{ transform: `translateY(${heights.topOf(index)}px)` }}
          >
            {children(index)}
          </div>
        ))}
      </div>
    </div>
  )
}

type Measured = {
  readonly box: RefObject<HTMLDivElement | null>
  readonly heights: RowHeights
  /** The rows that have elements: from `first` to `last`, exclusive. */
  readonly first: number
  readonly last: number
  readonly measure: () => void
  /** Stops holding the target in sight. */
  readonly release: () => void
}

function useMeasured(keys: readonly string[], estimate: number, target: string | null): Measured {
  const box = useRef<HTMLDivElement>(null)
  const heights = useMemo(() => new RowHeights(keys, estimate), [])
  heights.update(keys)
  const [view, setView] = useState({ top: 0, height: 800 })
  const [, redraw] = useState(0)
  const aim = useRef<string | null>(null)
  const measure = (): void => {
    const { current } = box
    if (current !== null) setView({ top: current.scrollTop, height: current.clientHeight })
  }
  useLayoutEffect(() => {
    aim.current = target
    if (target !== null) redraw((count) => count + 1)
  }, [target])
  const first = heights.indexAt(view.top - beyond)
  const last = Math.min(keys.length, heights.indexAt(view.top + view.height + beyond) + 1)
  useLayoutEffect(() => {
    const { current } = box
    if (current === null) return
    const shift = measureRows(current, heights, view.top)
    const wanted = aim.current === null ? -1 : keys.indexOf(aim.current)
    if (wanted >= 0) {
      const top = Math.max(0, heights.topOf(wanted) - 12)
      if (Math.abs(current.scrollTop - top) > 1) current.scrollTop = top
      // Heights above the target are known once its surroundings have been measured.
      if (wanted >= first && wanted < last && shift === null) aim.current = null
    } else if (shift !== null && shift !== 0) current.scrollTop += shift
    if (shift !== null || current.scrollTop !== view.top) {
      measure()
      redraw((count) => count + 1)
    }
  })
  useResized(box, (isBox) => {
    if (isBox) measure()
    else redraw((count) => count + 1)
  })
  return { box, heights, first, last, measure, release: () => (aim.current = null) }
}

/** Calls back when the box, or a row in it, changes its size: a text was expanded, or the window is wider. */
function useResized(box: RefObject<HTMLDivElement | null>, resized: (isBox: boolean) => void): void {
  const latest = useRef(resized)
  latest.current = resized
  const observer = useRef<ResizeObserver | null>(null)
  const sizes = useRef(new Map<Element, number>())
  useEffect(() => {
    const known = sizes.current
    observer.current = new ResizeObserver((changes) => {
      for (const { target, contentRect } of changes) {
        // The first report about an element is that of its beginning.
        const before = known.get(target)
        known.set(target, contentRect.height)
        if (target === box.current) latest.current(true)
        else if (before !== undefined && before !== contentRect.height) latest.current(false)
      }
    })
    return () => observer.current?.disconnect()
  }, [])
  useEffect(() => {
    if (box.current === null || observer.current === null) return
    const rows = new Set<Element>([box.current, ...box.current.querySelectorAll('[data-index]')])
    for (const element of sizes.current.keys()) {
      if (rows.has(element)) continue
      observer.current.unobserve(element)
      sizes.current.delete(element)
    }
    for (const element of rows) if (!sizes.current.has(element)) observer.current.observe(element)
  })
}

/** Measures the rows that have elements. Returns by how much rows above the visible part grew; null if no row changed. */
function measureRows(box: HTMLElement, heights: RowHeights, top: number): number | null {
  let shift = 0
  let isChanged = false
  for (const element of box.querySelectorAll<HTMLElement>('[data-index]')) {
    const index = Number(element.dataset['index'])
    const isAbove = heights.topOf(index) < top
    const grown = heights.set(index, element.offsetHeight)
    if (grown === 0) continue
    isChanged = true
    if (isAbove) shift += grown
  }
  return isChanged ? shift : null
}
