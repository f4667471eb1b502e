import type { JSX } from 'preact'

export type Filter = {
  /** Null: all. */
  readonly value: string | null
  readonly text: string
  readonly count?: number
}

type FilterProps = {
  readonly label: string
  readonly filters: readonly Filter[]
  readonly value: string | null
  readonly onChange: (value: string | null) => void
}

export function FilterButtons({ label, filters, value, onChange }: FilterProps): JSX.Element {
  return (
    <div class="filters" role="group" aria-label={label}>
      {filters.map((filter) => (
        <button
          key={filter.text}
          type="button"
          aria-pressed={filter.value === value}
          onClick={() => onChange(filter.value)}
        >
          {filter.text}
          {filter.count !== undefined && <span class="count"> {filter.count.toLocaleString('en')}</span>}
        </button>
      ))}
    </div>
  )
}
