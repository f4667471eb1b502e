import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

type SearchBoxProps = {
  readonly label: string
  readonly value: string
  readonly onSearch: (value: string) => void
}

const delayMs = 200

/** A search field. Fast typing searches once, for the last word. */
export function SearchBox({ label, value, onSearch }: SearchBoxProps): JSX.Element {
  const [typed, setTyped] = useState(value)
  const reported = useRef(value)
  const latest = useRef(onSearch)
  latest.current = onSearch
  useEffect(() => {
    // The address changed, e.g. by "Back".
    if (value === reported.current) return
    reported.current = value
    setTyped(value)
  }, [value])
  useEffect(() => {
    if (typed === reported.current) return undefined
    const timer = setTimeout(() => {
      reported.current = typed
      latest.current(typed)
    }, delayMs)
    return () => clearTimeout(timer)
  }, [typed])
  return (
    <input
      type="search"
      data-search
      aria-label={label}
      placeholder={`${label}  ( / )`}
      value={typed}
      onInput={(event) => setTyped(event.currentTarget.value)}
    />
  )
}
