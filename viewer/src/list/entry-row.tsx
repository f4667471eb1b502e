import type { JSX } from 'preact'
import type { ViewEntry, ViewItem } from '../../../src/trace/view/view-data.ts'
import { oneLine, showSince, showSpan } from '../data/format.ts'
import { kindOf, labelOf, nameOfThread, statusOf, type Model } from '../data/model.ts'
import { Status } from '../detail/status.tsx'

export type EntryRowProps = {
  readonly model: Model
  readonly entry: ViewEntry
  readonly isIndented: boolean
  /** Whether its calls are listed; null if it has none. */
  readonly isOpen: boolean | null
  /** The text around a search result, shown instead of the beginning. */
  readonly around: string | null
  /** Whether the list has entries of several agents. */
  readonly isMixed: boolean
  readonly select: () => void
  readonly toggle: () => void
}

/** One row of a list: name, status and duration. */
export function EntryRow({
  model,
  entry,
  isIndented,
  isOpen,
  around,
  isMixed,
  select,
  toggle,
}: EntryRowProps): JSX.Element {
  const isSlow = model.slow.has(entry.id)
  const classes = ['entry', kindOf(entry), isIndented ? 'indented' : '', entry.isError ? 'is-failed' : '']
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
      <Status status={statusOf(entry)} isShort />
      <span class="entry-name">{oneLine(labelOf(entry), 80)}</span>
      {isMixed && !isIndented && <span class="agent-tag">{oneLine(nameOfThread(model, entry.thread), 16)}</span>}
      <span class="entry-note">{around === null ? noteOf(model, entry) : oneLine(around, 120)}</span>
      <span class={isSlow ? 'entry-time slow' : 'entry-time'}>
        {isSlow && '◷ '}
        {isSlow && <span class="unseen">slow, </span>}
        {showSpan(entry)}
      </span>
    </div>
  )
}

type ItemFoundProps = Pick<EntryRowProps, 'model' | 'isMixed' | 'select'> & {
  readonly item: ViewItem
  readonly around: string
}

/** A message that a search found. */
export function ItemFound({ model, item, around, isMixed, select }: ItemFoundProps): JSX.Element {
  return (
    <div class="entry message" onClick={select}>
      <span class="twist" aria-hidden="true" />
      <span class="status" aria-hidden="true">
        ❝
      </span>
      <span class="entry-name">{oneLine(item.author ?? item.role, 40)}</span>
      {isMixed && <span class="agent-tag">{oneLine(nameOfThread(model, item.threadId), 16)}</span>}
      <span class="entry-note">{oneLine(around, 120)}</span>
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
