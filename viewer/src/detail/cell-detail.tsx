import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ViewCell, ViewEntry, ViewMark } from '../../../src/trace/view/view-data.ts'
import type { App } from '../app-state.ts'
import { AgentOf } from './agent-of.tsx'
import { causeOf } from './cell-cause.ts'
import { oneLine, showCount, showSpan } from '../data/format.ts'
import { CellEvents } from './cell-events.tsx'
import { DetailHead } from './detail-head.tsx'
import { Preview } from './long-text.tsx'
import { labelOf, type Model } from '../data/model.ts'
import { Payloads } from './payload.tsx'
import { SourceView } from './source-view.tsx'

export type CellDetailProps = {
  readonly model: Model
  readonly entry: ViewEntry
  readonly cell: ViewCell
  readonly line: number | null
  readonly app: App
  readonly look: (line: number) => void
}

export function CellDetail({ model, entry, cell, line, app, look }: CellDetailProps): JSX.Element {
  const [event, setEvent] = useState<number | null>(null)
  const { select } = app
  const choose = (mark: ViewMark): void => {
    const call = mark.kind === 'call' ? cell.nestedCallIds[mark.index] : undefined
    if (call !== undefined) return select(call)
    setEvent(mark.index < 0 ? null : mark.index)
    look(mark.line)
  }
  return (
    <>
      <CellHead model={model} entry={entry} cell={cell} />
      <CellOrigin model={model} entry={entry} cell={cell} app={app} />
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
        <CellEvents model={model} entry={entry} cell={cell} event={event} select={select} look={look} />
      </div>
      {cell.printed !== null && (
        <section aria-label="Complete output">
          <h3>Complete output</h3>
          <Preview text={cell.printed} label="Printed text" />
        </section>
      )}
      <Payloads ids={entry.payloads} />
    </>
  )
}

function CellHead({ model, entry, cell }: Pick<CellDetailProps, 'model' | 'entry' | 'cell'>): JSX.Element {
  const waits = (model.children.get(entry.id) ?? []).filter(({ type }) => type === 'wait')
  return (
    <DetailHead entry={entry} maxTitle={65}>
      <dt>nested</dt>
      <dd>{showCount(cell.nestedCallIds.length, 'call')}</dd>
      <dt>yielded</dt>
      <dd>{showCount(cell.yields.length, 'time')}</dd>
      <dt>waited for</dt>
      <dd>{showCount(waits.length, 'time')}</dd>
    </DetailHead>
  )
}

/** The agent of the cell, and what ended the cell. */
function CellOrigin({
  model,
  entry,
  cell,
  app,
}: Pick<CellDetailProps, 'model' | 'entry' | 'cell' | 'app'>): JSX.Element {
  const { end } = cell
  return (
    <p class="origin">
      <AgentOf model={model} app={app} entry={entry} />
      {' · '}
      <span class={end === null || end.by === 'program' ? 'muted' : 'notable'}>Cell {causeOf(end)}</span>
      {end !== null && end.entry !== null && model.byId.has(end.entry) && (
        <>
          {': '}
          <button type="button" class="link" onClick={() => app.select(end.entry ?? '')}>
            {oneLine(labelOf(model.byId.get(end.entry) ?? entry), 60)}
          </button>
        </>
      )}
    </p>
  )
}

function ModelSaw({ cell }: { readonly cell: ViewCell }): JSX.Element {
  return (
    <section aria-label="Seen by the model" class="half">
      <h3>Seen by the model</h3>
      {cell.modelSaw.length === 0 && <p class="muted">No response was recorded</p>}
      {cell.modelSaw.map(({ text }, index) => (
        <div key={index} class="saw">
          <p class="muted">{index === 0 ? 'from exec' : `from wait ${index}`}</p>
          <Preview text={text} label={index === 0 ? 'Response of exec' : `Response of wait ${index}`} />
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

function describe(mark: ViewMark, cell: ViewCell, { byId }: Model): string {
  const id = mark.kind === 'call' ? cell.nestedCallIds[mark.index] : undefined
  const call = id === undefined ? undefined : byId.get(id)
  const what = call === undefined ? '' : ` ${oneLine(labelOf(call), 60)}, ${call.status}, ${showSpan(call)}`
  return `Line ${mark.line} ${mark.isCertain ? '' : 'probably '}${verbs[mark.kind]}${what}`
}
