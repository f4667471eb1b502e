import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ViewCell, ViewEntry } from '../../../src/trace/view/view-data.ts'
import { oneLine, showSince, showSpan } from '../data/format.ts'
import { kindOf, labelOf, statusOf, type Model } from '../data/model.ts'
import { Status } from './status.tsx'

type Row = {
  readonly at: number
  readonly kind: string
  readonly line: number | null
  readonly text: string
  readonly entry: ViewEntry | null
}

type CellEventsProps = {
  readonly model: Model
  readonly entry: ViewEntry
  readonly cell: ViewCell
  /** The index of the event that a mark led to. */
  readonly event: number | null
  readonly select: (id: string) => void
  readonly look: (line: number) => void
}

const maxRows = 200

/** Everything that a cell did, in order: its calls, output, timers and errors. */
export function CellEvents({ model, entry, cell, event, select, look }: CellEventsProps): JSX.Element {
  const [limit, setLimit] = useState(maxRows)
  const rows = rowsOf(model, entry, cell)
  const highlighted = event === null ? undefined : cell.events[event]
  return (
    <section aria-label="All events" class="half">
      <h3>All events</h3>
      {!cell.hasLog && (
        <p class="muted note">This cell has no log: only its calls are known, and hollow marks are guesses.</p>
      )}
      <table class="happened">
        <thead class="unseen">
          <tr>
            <th>Time</th>
            <th>Kind</th>
            <th>Text</th>
            <th>Line</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, limit).map((row, index) => (
            <tr
              key={index}
              class={`${row.kind}${highlighted !== undefined && row.at === highlighted.at && row.text === highlighted.text.text ? ' highlighted' : ''}`}
            >
              <td class="time">{showSince(row.at, entry.start)}</td>
              <td class="kind">{row.kind}</td>
              <td>
                {row.entry === null ? (
                  <span class="said">{oneLine(row.text, 300)}</span>
                ) : (
                  <CallLink entry={row.entry} model={model} select={select} />
                )}
              </td>
              <td>{row.line !== null && <LineLink line={row.line} look={look} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p class="muted">No events were recorded</p>}
      {rows.length > limit && (
        <button type="button" class="more" onClick={() => setLimit(limit + 10 * maxRows)}>
          Show more ({rows.length - limit} left)
        </button>
      )}
    </section>
  )
}

function rowsOf({ calls, children }: Model, entry: ViewEntry, cell: ViewCell): readonly Row[] {
  const events = cell.events.map(({ at, kind, line, text }): Row => ({ at, kind, line, text: text.text, entry: null }))
  const ofCell = (children.get(entry.id) ?? []).map((child): Row => ({
    at: child.start,
    kind: kindOf(child),
    line: calls.get(child.id)?.line ?? null,
    text: child.name,
    entry: child,
  }))
  return [...events, ...ofCell].toSorted((one, other) => one.at - other.at)
}

type CallLinkProps = {
  readonly entry: ViewEntry
  readonly model: Model
  readonly select: (id: string) => void
}

function CallLink({ entry, model, select }: CallLinkProps): JSX.Element {
  return (
    <button type="button" class="link" onClick={() => select(entry.id)}>
      <Status status={statusOf(entry)} isShort /> {oneLine(labelOf(entry), 60)}{' '}
      <span class={model.slow.has(entry.id) ? 'slow' : 'muted'}>
        {model.slow.has(entry.id) && '◷ slow '}
        {showSpan(entry)}
      </span>
    </button>
  )
}

export function LineLink({
  line,
  look,
}: {
  readonly line: number
  readonly look: (line: number) => void
}): JSX.Element {
  return (
    <button type="button" class="link line-link" onClick={() => look(line)}>
      line {line}
    </button>
  )
}
