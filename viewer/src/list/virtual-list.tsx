import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

export type VirtualListProps = {
  readonly label: string
  readonly id: string
  readonly count: number
  /** In pixels; all rows have the same height. */
  readonly rowHeight: number
  /** The index of the row that stays visible, or -1. */
  readonly active: number
  readonly children: (index: number) => ComponentChildren
  /** The text for an empty list. */
  readonly empty: string
  /** Called with the number of rows up to the last one that has an element, when it changes. */
  readonly onReach?: (count: number) => void
}

const beyond = 10

/** A list box. Only visible rows have elements. */
export function VirtualList({
  label,
  id,
  count,
  rowHeight,
  active,
  children,
  empty,
  onReach,
}: VirtualListProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 800 })
  const measure = (): void => {
    if (box.current !== null) setView({ top: box.current.scrollTop, height: box.current.clientHeight })
  }
  useEffect(() => {
    if (box.current === null) return undefined
    const observer = new ResizeObserver(measure)
    observer.observe(box.current)
    return () => observer.disconnect()
  }, [])
  useLayoutEffect(() => keepInSight(box.current, active, rowHeight), [active, rowHeight])
  const first = Math.max(0, Math.floor(view.top / rowHeight) - beyond)
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + beyond)
  useEffect(() => onReach?.(last), [last])
  const rows = Array.from({ length: Math.max(0, last - first) }, (_, offset) => first + offset)
  return (
    <div
      ref={box}
      id={id}
      class="list"
      role="listbox"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={rows.includes(active) ? `${id}-${active}` : undefined}
      onScroll={measure}
    >
      {count === 0 && <p class="empty">{empty}</p>}
      <div role="presentation" style={{ height: `${count * rowHeight}px`, position: 'relative' }}>
        {rows.map((index) => (
          <div
            key={index}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            aria-posinset={index + 1}
            aria-setsize={count}
            class={index === active ? 'row active' : 'row'}
            style={{ top: `${index * rowHeight}px`, height: `${rowHeight}px` }}
          >
            {children(index)}
          </div>
        ))}
      </div>
    </div>
  )
}

function keepInSight(box: HTMLDivElement | null, index: number, rowHeight: number): void {
  if (box === null || index < 0) return
  const top = index * rowHeight
  if (top < box.scrollTop) box.scrollTop = top
  else if (top + rowHeight > box.scrollTop + box.clientHeight) box.scrollTop = top + rowHeight - box.clientHeight
}
