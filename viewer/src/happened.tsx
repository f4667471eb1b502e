import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ViewCell } from '../../src/trace/view/view-data.ts'
import { oneLine, showSince, showSpan } from './format.ts'
import { callKey, type Entry, type Model } from './model.ts'
import { Status } from './status.tsx'

type Row = {
  readonly at: number
  readonly kind: string
  readonly line: number | null
  readonly text: string
  readonly entry: Entry | null
}

type HappenedProps = {
  readonly model: Model
  readonly cell: ViewCell
  /** The happening that a mark led to, or null. */
  readonly happening: number | null
  readonly select: (key: string) => void
  readonly look: (line: number) => void
}

const mostRows = 200

/** All that a cell did, in order: its calls, what it printed, its timers, its errors. */
export function Happened({ model, cell, happening, select, look }: HappenedProps): JSX.Element {
  const [limit, setLimit] = useState(mostRows)
  const rows = rowsOf(model, cell)
  const lookedAt = happening === null ? undefined : cell.happenings[happening]
  return (
    <section aria-label="What really happened" class="half">
      <h3>What really happened</h3>
      {!cell.hasRecord && (
        <p class="muted note">
          There is no record of this cell: only its calls are known, and hollow marks are guesses.
        </p>
      )}
      <table class="happened">
        <thead class="unseen">
          <tr>
            <th>When</th>
            <th>What</th>
            <th>Text</th>
            <th>Line</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, limit).map((row, index) => (
            <tr
              key={index}
              class={`${row.kind}${lookedAt !== undefined && row.at === lookedAt.at && row.text === lookedAt.text.text ? ' looked-at' : ''}`}
            >
              <td class="time">{showSince(row.at, cell.span.start)}</td>
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
      {rows.length === 0 && <p class="muted">Nothing that was recorded</p>}
      {rows.length > limit && (
        <button type="button" class="more" onClick={() => setLimit(limit + 10 * mostRows)}>
          Show more ({rows.length - limit} left)
        </button>
      )}
    </section>
  )
}

function rowsOf({ calls, byKey }: Model, cell: ViewCell): readonly Row[] {
  const happenings = cell.happenings.map(({ at, kind, line, text }): Row => ({
    at,
    kind,
    line,
    text: text.text,
    entry: null,
  }))
  const nested = [...cell.nestedCallIds, ...cell.waitCallIds].flatMap((id): readonly Row[] => {
    const entry = byKey.get(callKey(id))
    if (entry === undefined) return []
    return [{ at: entry.span.start, kind: entry.type, line: calls.get(id)?.line ?? null, text: entry.name, entry }]
  })
  return [...happenings, ...nested].toSorted((one, other) => one.at - other.at)
}

type CallLinkProps = { readonly entry: Entry; readonly model: Model; readonly select: (key: string) => void }

function CallLink({ entry, model, select }: CallLinkProps): JSX.Element {
  return (
    <button type="button" class="link" onClick={() => select(entry.key)}>
      <Status status={entry.status} isShort /> {oneLine(entry.name, 60)}{' '}
      <span class={model.slow.has(entry.key) ? 'slow' : 'muted'}>
        {model.slow.has(entry.key) && '◷ slow '}
        {showSpan(entry.span)}
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
