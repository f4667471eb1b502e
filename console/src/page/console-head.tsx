import type { JSX } from 'preact'
import { oneLine } from '../../../viewer/src/data/format.ts'
import { ThemeChoice } from '../../../viewer/src/page/theme-choice.tsx'
import { useConsole, whyReadOnly } from '../app/context.ts'
import { Ago, Since } from '../parts/clock.tsx'
import { ProblemText } from '../parts/problem.tsx'
import { views, type View } from './address.ts'

type HeadProps = { readonly logOut: () => void; readonly help: () => void }

export function ConsoleHead({ logOut, help }: HeadProps): JSX.Element {
  const { me, live } = useConsole()
  const { connection } = live.state
  return (
    <header class="page-head">
      <h1>
        codecell <span class="trace-id">{oneLine(me.source, 80)}</span>
      </h1>
      <span role="status">
        {connection.type === 'live' && <span class="badge live">● live</span>}
        {connection.type === 'lost' && <span class="badge lost">✕ connection lost</span>}
      </span>
      <span class="space" />
      <span class="user">
        {oneLine(me.name, 60)}
        {me.isClaimed && <span class="muted claim"> (as typed)</span>}
        {whyReadOnly(me) !== null && <span class="badge">read only</span>}
      </span>
      <button type="button" onClick={logOut}>
        Log out
      </button>
      <ThemeChoice onTheme={() => undefined} />
      <button type="button" class="wide-only" aria-label="Keys" title="Keys ( ? )" onClick={help}>
        ?
      </button>
    </header>
  )
}

const names: { readonly [Name in View]: string } = {
  cells: 'Cells',
  sessions: 'Sessions',
  approvals: 'Approvals',
  ledger: 'Ledger',
  nodes: 'Nodes',
  charts: 'Charts',
  playground: 'Playground',
}

/** The choice of a view, with the counts of what needs a person. */
export function ViewTabs({ shown }: { readonly shown: readonly View[] }): JSX.Element {
  const { live, address, go } = useConsole()
  const { overview } = live.state
  const counts: { readonly [Name in View]?: number } =
    overview === null ? {} : { approvals: overview.approvals, ledger: overview.unsettled }
  return (
    <nav class="views" aria-label="Views">
      {views
        .filter((view) => shown.includes(view))
        .map((view) => (
          <button
            key={view}
            type="button"
            aria-current={address.view === view ? 'page' : undefined}
            onClick={() => go({ view, session: null, cell: null, call: null, isOnly: false, filter: null, search: '' })}
          >
            {names[view]}
            {(counts[view] ?? 0) > 0 && <span class="attention-count"> {counts[view]?.toLocaleString('en')}</span>}
          </button>
        ))}
    </nav>
  )
}

/** Shows problems with the data of the page: the connection, and the source of the sessions. */
export function Banners(): JSX.Element | null {
  const { connection, health } = useConsole().live.state
  if (connection.type === 'lost') {
    return (
      <div class="problems" role="alert">
        <span aria-hidden="true">▲ </span>The connection to the server was lost <Ago at={connection.since} />. The page
        shows the last state, and connects again by itself.
      </div>
    )
  }
  if (health?.type !== 'away') return null
  return (
    <div class="problems">
      <span aria-hidden="true">▲ </span>The server has not been able to read the sessions for{' '}
      <Since at={health.since} />. The page shows the last state.
      <ProblemText problem={health.error} />
    </div>
  )
}
