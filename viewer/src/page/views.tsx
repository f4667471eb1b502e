import type { JSX } from 'preact'
import type { App } from '../app-state.ts'
import { CellDetail } from '../detail/cell-detail.tsx'
import { CallDetail, InferenceDetail, TurnDetail } from '../detail/entry-detail.tsx'
import { Conversation } from '../conversation/conversation.tsx'
import { oneLine } from '../data/format.ts'
import { kindOf, labelOf, type Model } from '../data/model.ts'
import { Overview } from '../overview/overview.tsx'
import { views, type View } from './address.ts'

type ViewProps = { readonly model: Model; readonly app: App }

/** The buttons that choose a view; a narrow window has one more, for the list of steps. */
export function ViewChoice({ model, app }: ViewProps): JSX.Element {
  const { view, panel, selected } = app.state
  const entry = selected === null ? undefined : model.byId.get(selected)
  const names: { readonly [Name in View]: string } = {
    overview: 'Overview',
    conversation: 'Conversation',
    step: entry === undefined ? 'Step' : oneLine(labelOf(entry), 28),
  }
  return (
    <div class="views" role="group" aria-label="Views">
      <button
        type="button"
        class="narrow-only"
        aria-pressed={panel === 'list'}
        onClick={() => app.set({ panel: 'list' })}
      >
        Steps
      </button>
      {views
        .filter((each) => each !== 'step' || entry !== undefined || view === 'step')
        .map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={view === each}
            class={panel === 'list' ? 'is-behind' : ''}
            onClick={() => app.set({ view: each, panel: 'content' })}
          >
            {names[each]}
          </button>
        ))}
    </div>
  )
}

/** The view that is chosen. */
export function CurrentView({ model, app }: ViewProps): JSX.Element {
  const { view, selected, line } = app.state
  if (view === 'overview') return <Overview model={model} app={app} />
  if (view === 'conversation') return <Conversation model={model} app={app} />
  const entry = selected === null ? undefined : model.byId.get(selected)
  if (entry === undefined) {
    return (
      <p class="empty" role="status">
        {selected === null ? 'No step is selected' : `This trace has no step ${oneLine(selected, 120)}`}
      </p>
    )
  }
  const cell = model.cells.get(entry.id)
  if (cell !== undefined) {
    const look = (at: number): void => app.set({ line: at })
    return <CellDetail key={entry.id} model={model} entry={entry} cell={cell} line={line} app={app} look={look} />
  }
  const call = model.calls.get(entry.id)
  if (call !== undefined) return <CallDetail key={entry.id} model={model} entry={entry} call={call} app={app} />
  return kindOf(entry) === 'inference' ? (
    <InferenceDetail key={entry.id} model={model} entry={entry} app={app} />
  ) : (
    <TurnDetail key={entry.id} model={model} entry={entry} app={app} />
  )
}
