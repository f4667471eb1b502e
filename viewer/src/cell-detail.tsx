import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ViewCell, ViewMark } from '../../src/trace/view/view-data.ts'
import { oneLine, showCount, showSpan, showTime } from './format.ts'
import { Happened } from './happened.tsx'
import { Preview } from './long-text.tsx'
import { callKey, type Model } from './model.ts'
import { Payloads } from './payload.tsx'
import { SourceView } from './source-view.tsx'
import { Status } from './status.tsx'

export type CellDetailProps = {
  readonly model: Model
  readonly cell: ViewCell
  readonly line: number | null
  readonly select: (key: string) => void
  readonly look: (line: number) => void
}

export function CellDetail({ model, cell, line, select, look }: CellDetailProps): JSX.Element {
  const [happening, setHappening] = useState<number | null>(null)
  const choose = (mark: ViewMark): void => {
    const call = mark.kind === 'call' ? cell.nestedCallIds[mark.index] : undefined
    if (call !== undefined) return select(callKey(call))
    setHappening(mark.index < 0 ? null : mark.index)
    look(mark.line)
  }
  return (
    <>
      <CellHead cell={cell} />
      {cell.errorText !== null && (
        <section class="error-box" aria-label="Error">
          <h3>✕ Error</h3>
          <Preview text={cell.errorText} label="Error text" />
        </section>
      )}
      <SourceView
        source={cell.source}
        marks={cell.marks}
        line={line}
        describe={(mark) => describe(mark, cell, model)}
        choose={choose}
      />
      <div class="halves">
        <ModelSaw cell={cell} />
        <Happened model={model} cell={cell} happening={happening} select={select} look={look} />
      </div>
      {cell.printed !== null && (
        <section aria-label="Printed">
          <h3>Printed, all of it</h3>
          <Preview text={cell.printed} label="Printed text" />
        </section>
      )}
      <Payloads ids={model.calls.get(cell.callId)?.payloads ?? []} />
    </>
  )
}

function CellHead({ cell }: { readonly cell: ViewCell }): JSX.Element {
  return (
    <header class="detail-head">
      <h2>Cell {oneLine(cell.cellId, 60)}</h2>
      <Status status={cell.status} />
      <dl>
        <dt>took</dt>
        <dd>{showSpan(cell.span)}</dd>
        <dt>began</dt>
        <dd>{showTime(cell.span.start)}</dd>
        <dt>nested</dt>
        <dd>{showCount(cell.nestedCallIds.length, 'call')}</dd>
        <dt>yielded</dt>
        <dd>{showCount(cell.yields.length, 'time')}</dd>
        <dt>waited for</dt>
        <dd>{showCount(cell.waitCallIds.length, 'time')}</dd>
      </dl>
    </header>
  )
}

function ModelSaw({ cell }: { readonly cell: ViewCell }): JSX.Element {
  return (
    <section aria-label="What the model saw" class="half">
      <h3>What the model saw</h3>
      {cell.modelSaw.length === 0 && <p class="muted">No answer was recorded</p>}
      {cell.modelSaw.map(({ text }, index) => (
        <div key={index} class="saw">
          <p class="muted">{index === 0 ? 'from exec' : `from wait ${index}`}</p>
          <Preview text={text} label={index === 0 ? 'Answer of exec' : `Answer of wait ${index}`} />
        </div>
      ))}
    </section>
  )
}

const verbs = {
  call: 'called',
  output: 'printed',
  notify: 'notified',
  yield: 'yielded',
  store: 'stored a value',
  error: 'threw',
} as const

function describe(mark: ViewMark, cell: ViewCell, { calls }: Model): string {
  const id = mark.kind === 'call' ? cell.nestedCallIds[mark.index] : undefined
  const call = id === undefined ? undefined : calls.get(id)
  const what = call === undefined ? '' : ` ${oneLine(call.name, 60)}, ${call.status}, ${showSpan(call.span)}`
  return `Line ${mark.line} ${mark.isCertain ? '' : 'probably '}${verbs[mark.kind]}${what}`
}
