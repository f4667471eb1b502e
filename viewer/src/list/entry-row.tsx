import type { JSX } from 'preact'
import type { ViewEntry } from '../../../src/trace/view/view-data.ts'
import { oneLine, showSince, showSpan } from '../data/format.ts'
import { isFailed, kindOf, labelOf, type Model } from '../data/model.ts'
import { Status } from '../detail/status.tsx'

export type EntryRowProps = {
  readonly model: Model
  readonly entry: ViewEntry
  readonly isIndented: boolean
  /** Whether its calls are listed; null if it has none. */
  readonly isOpen: boolean | null
  /** The text around a search result, shown instead of the beginning. */
  readonly around: string | null
  readonly select: () => void
  readonly toggle: () => void
}

/** One row of a list: name, status and duration. */
export function EntryRow({ model, entry, isIndented, isOpen, around, select, toggle }: EntryRowProps): JSX.Element {
  const isSlow = model.slow.has(entry.id)
  const classes = ['entry', kindOf(entry), isIndented ? 'indented' : '', isFailed(entry) ? 'is-failed' : '']
  return (
    // The list handles focus and keys; a row handles the pointer.
    <div class={classes.join(' ')} onClick={select}>
      <span
        class="twist"
        aria-hidden="true"
        onClick={(event) => {
          if (isOpen === null) return
          event.stopPropagation()
          toggle()
        }}
      >
        {isOpen === null ? '' : isOpen ? '▾' : '▸'}
      </span>
      <Status status={entry.status} isShort />
      <span class="entry-name">{oneLine(labelOf(entry), 80)}</span>
      <span class="entry-note">{around === null ? noteOf(model, entry) : oneLine(around, 120)}</span>
      <span class={isSlow ? 'entry-time slow' : 'entry-time'}>
        {isSlow && '◷ '}
        {isSlow && <span class="unseen">slow, </span>}
        {showSpan(entry)}
      </span>
    </div>
  )
}

function noteOf(model: Model, { id, start }: ViewEntry): string {
  const call = model.calls.get(id)
  if (call !== undefined) return oneLine(call.input?.text ?? '', 80)
  const line =
    model.cells
      .get(id)
      ?.source.split('\n', 5)
      .find((text) => text.trim() !== '' && !text.startsWith('//')) ?? ''
  return line === '' ? showSince(start, model.start) : oneLine(line.trim().slice(0, 200), 80)
}
