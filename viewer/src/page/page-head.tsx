import type { JSX, RefObject } from 'preact'
import type { App } from '../app-state.ts'
import type { Follow } from '../data/data-source.ts'
import { oneLine, showCost, showCount, showSpan } from '../data/format.ts'
import type { Model } from '../data/model.ts'
import { Status } from '../detail/status.tsx'
import type { Theme } from './theme.ts'
import { ThemeChoice } from './theme-choice.tsx'

type PageHeadProps = {
  readonly model: Model
  readonly app: App
  readonly follow: Follow
  readonly searchBox: RefObject<HTMLInputElement | null>
  readonly onTheme: (theme: Theme) => void
}

export function PageHead({ model, app, follow, searchBox, onTheme }: PageHeadProps): JSX.Element {
  const { data } = model
  return (
    <header class="page-head">
      <h1>
        Trace <span class="trace-id">{oneLine(data.traceId, 60)}</span>
      </h1>
      <Status status={data.status} />
      <span class="facts">
        {showSpan({ start: model.start, end: model.end })} · {showCount(data.counts.events, 'event')}
        {data.totals.cost !== null && ` · ${showCost(data.totals.cost, data.prices?.currency ?? '')}`}
        {data.totals.errors > 0 && <span class="failed-count"> · ✕ {showCount(data.totals.errors, 'error')}</span>}
      </span>
      <FollowBadge follow={follow} />
      <span class="space" />
      <input
        ref={searchBox}
        type="search"
        aria-label="Search"
        placeholder="Search  ( / )"
        value={app.state.typed}
        onInput={(event) => app.set({ typed: event.currentTarget.value })}
      />
      <ThemeChoice onTheme={onTheme} />
      <button type="button" aria-label="Keys" title="Keys ( ? )" onClick={() => app.set({ isHelpOpen: true })}>
        ?
      </button>
    </header>
  )
}

function FollowBadge({ follow }: { readonly follow: Follow }): JSX.Element {
  return (
    <span role="status">
      {follow === 'live' && <span class="badge live">● live</span>}
      {follow === 'lost' && <span class="badge lost">✕ connection lost: the data may be outdated</span>}
    </span>
  )
}
