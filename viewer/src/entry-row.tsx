import type { JSX } from 'preact'
import { oneLine, showSince, showSpan } from './format.ts'
import { isFailed, type Entry, type Model } from './model.ts'
import { Status } from './status.tsx'

export type EntryRowProps = {
  readonly model: Model
  readonly entry: Entry
  readonly isIndented: boolean
  /** Whether what belongs to it is shown; null where that is not to be had. */
  readonly isOpen: boolean | null
  /** Found text, instead of the beginning. */
  readonly around: string | null
  readonly select: () => void
  readonly toggle: () => void
}

/** One row of a list: what it is, how it ended, how long it took. */
export function EntryRow({ model, entry, isIndented, isOpen, around, select, toggle }: EntryRowProps): JSX.Element {
  const isSlow = model.slow.has(entry.key)
  const classes = ['entry', entry.type, isIndented ? 'indented' : '', isFailed(entry.status) ? 'is-failed' : '']
  return (
    // The list has the focus and the keys; a row is for the pointer.
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
      <span class="entry-name">{oneLine(entry.name, 80)}</span>
      <span class="entry-note">{around === null ? noteOf(model, entry) : oneLine(around, 120)}</span>
      <span class={isSlow ? 'entry-time slow' : 'entry-time'}>
        {isSlow && '◷ '}
        {isSlow && <span class="unseen">slow, </span>}
        {showSpan(entry.span)}
      </span>
    </div>
  )
}

function noteOf({ cells, calls, start }: Model, { type, id, span }: Entry): string {
  if (type === 'call' || type === 'wait') return oneLine(calls.get(id)?.input?.text ?? '', 80)
  const cell = type === 'cell' ? cells.get(id) : undefined
  const line = cell?.source.split('\n', 5).find((text) => text.trim() !== '' && !text.startsWith('//')) ?? ''
  return line === '' ? showSince(span.start, start) : oneLine(line.trim().slice(0, 200), 80)
}
