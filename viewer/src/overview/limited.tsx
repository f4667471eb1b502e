import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { App } from '../app-state.ts'
import type { Model } from '../data/model.ts'

export type OverviewProps = { readonly model: Model; readonly app: App }

type LimitedProps<Entry> = {
  readonly title: string
  readonly list: readonly Entry[]
  readonly first: number
  readonly children: (shown: readonly Entry[]) => JSX.Element
}

/** A section with the first entries of a list, and a button for more; absent for an empty list. */
export function Limited<Entry>({ title, list, first, children }: LimitedProps<Entry>): JSX.Element | null {
  const [limit, setLimit] = useState(first)
  if (list.length === 0) return null
  return (
    <section aria-label={title}>
      <h3>
        {title} <span class="muted">{list.length.toLocaleString('en')}</span>
      </h3>
      {children(list.slice(0, limit))}
      {list.length > limit && (
        <button type="button" class="more" onClick={() => setLimit(limit + 5 * first)}>
          Show more ({(list.length - limit).toLocaleString('en')} left)
        </button>
      )}
    </section>
  )
}
