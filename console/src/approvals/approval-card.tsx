import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ViewMark } from '../../../src/trace/view/view-data.ts'
import { oneLine, showCount } from '../../../viewer/src/data/format.ts'
import { LongText } from '../../../viewer/src/detail/long-text.tsx'
import { SourceView } from '../../../viewer/src/detail/source-view.tsx'
import { useConsole } from '../app/context.ts'
import { Since } from '../parts/clock.tsx'
import { GroupSection } from './group-section.tsx'
import type { Card, Inbox } from './inbox.ts'

type CardProps = { readonly card: Card; readonly inbox: Inbox; readonly isReadOnly: boolean }

/** The pending calls of one cell, with its program. */
export function ApprovalCard({ card, inbox, isReadOnly }: CardProps): JSX.Element {
  const { go } = useConsole()
  const [isWhole, setWhole] = useState(false)
  const { sessionId, cellId, source } = card
  const count = card.groups.reduce((sum, { calls }) => sum + calls.length, 0)
  return (
    <article class="card" aria-labelledby={card.id}>
      <header class="card-head">
        <h3 id={card.id}>
          {showCount(count, 'call')} of cell {oneLine(cellId, 40)}
        </h3>
        <span class="muted">
          session {oneLine(sessionId, 60)} · waits for <Since at={card.oldestAt} />
        </span>
        <span class="space" />
        <button
          type="button"
          onClick={() => go({ view: 'cells', session: sessionId, cell: cellId, call: null, isOnly: false })}
        >
          Open the cell
        </button>
        <button type="button" aria-pressed={isWhole} onClick={() => setWhole(!isWhole)}>
          Show everything
        </button>
      </header>
      <CardSource card={card} isWhole={isWhole} />
      {!source.isComplete && (
        <p class="notice">
          The program has {showCount(source.bytes, 'byte')}; the page has its beginning only. Open the cell to read
          more.
        </p>
      )}
      {card.groups.map((group) => (
        <GroupSection key={group.id} group={group} inbox={inbox} isWhole={isWhole} isReadOnly={isReadOnly} />
      ))}
    </article>
  )
}

function CardSource({ card, isWhole }: { readonly card: Card; readonly isWhole: boolean }): JSX.Element {
  const { source, groups } = card
  if (isWhole) return <LongText text={source.text} label="The complete program" />
  const marks = groups.flatMap(({ line }): ViewMark[] =>
    line === null ? [] : [{ kind: 'call', index: 0, line, isCertain: true }],
  )
  const lines = new Set(marks.map(({ line }) => line))
  return (
    <SourceView
      source={source.text}
      label={`Program of cell ${oneLine(card.cellId, 40)} of ${oneLine(card.sessionId, 60)}`}
      marks={marks}
      line={marks[0]?.line ?? null}
      current={lines}
      describe={({ line }) => `Calls from line ${line}`}
      choose={({ line }) => document.getElementById(groups.find((group) => group.line === line)?.id ?? '')?.focus()}
    />
  )
}
