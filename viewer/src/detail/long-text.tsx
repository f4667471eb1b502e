import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ViewText } from '../../../src/trace/view/view-data.ts'
import { showCount, visible } from '../data/format.ts'

const firstLimit = 4000
const limitStep = 50_000

/** A text of any length, shown in parts. */
export function LongText({ text, label }: { readonly text: string; readonly label: string }): JSX.Element {
  const [limit, setLimit] = useState(firstLimit)
  const left = text.length - limit
  return (
    <div class="long-text">
      <pre aria-label={label} tabIndex={0} dir="ltr">
        {visible(text.slice(0, limit))}
      </pre>
      {left > 0 && (
        <button type="button" class="more" onClick={() => setLimit(limit + limitStep)}>
          Show more ({showCount(left, 'character')} left)
        </button>
      )}
    </div>
  )
}

/** The beginning of a text, and the number of characters that the page does not have. */
export function Preview({ text, label }: { readonly text: ViewText; readonly label: string }): JSX.Element {
  if (text.length === 0) return <p class="muted">Empty</p>
  const missing = text.length - text.text.length
  return (
    <>
      <LongText text={text.text} label={label} />
      {missing > 0 && (
        <p class="muted note">
          The first {text.text.length.toLocaleString('en')} of {showCount(text.length, 'character')}. The payload has
          the rest.
        </p>
      )}
    </>
  )
}
