import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ViewText } from '../../../src/trace/view/view-data.ts'
import { showCount, visible } from '../data/format.ts'

const shownFirst = 4000
const shownMore = 50_000

/** A text as text, however long it is: a part at a time. */
export function LongText({ text, label }: { readonly text: string; readonly label: string }): JSX.Element {
  const [limit, setLimit] = useState(shownFirst)
  const left = text.length - limit
  return (
    <div class="long-text">
      <pre aria-label={label} tabIndex={0} dir="ltr">
        {visible(text.slice(0, limit))}
      </pre>
      {left > 0 && (
        <button type="button" class="more" onClick={() => setLimit(limit + shownMore)}>
          Show more ({showCount(left, 'character')} left)
        </button>
      )}
    </div>
  )
}

/** The beginning of a text, and what of it is not in the page. */
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
