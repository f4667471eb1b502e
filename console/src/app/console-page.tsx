import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Me } from '../../../src/console/api.ts'
import { KeyHelp } from '../../../viewer/src/page/keys.tsx'
import { ApprovalsView } from '../approvals/approvals-view.tsx'
import type { Inbox } from '../approvals/inbox.ts'
import { useInbox } from '../approvals/use-inbox.ts'
import { ChartsView } from '../charts/charts-view.tsx'
import type { Live } from '../data/live.ts'
import { LedgerView } from '../ledger/ledger-view.tsx'
import { CellsView } from '../list/cells-view.tsx'
import { SessionsView } from '../list/sessions-view.tsx'
import { Banners, ConsoleHead, ViewTabs } from '../page/console-head.tsx'
import { ConsolePlayground } from '../playground/console-playground.tsx'
import { NodesView } from '../page/nodes-view.tsx'
import { views, type View } from '../page/address.ts'
import { useAddress } from '../page/use-address.ts'
import { keyTexts, useConsoleKeys } from '../page/use-console-keys.ts'
import { Announcer } from '../parts/announcer.tsx'
import { ConsoleContext, useConsole, whyReadOnly } from './context.ts'
import { moveGroup, moveInList } from './moves.ts'

type PageProps = { readonly me: Me; readonly live: Live; readonly logOut: () => void }

/** The console of a user who is logged in. */
export function ConsolePage({ me, live, logOut }: PageProps): JSX.Element {
  const [address, go] = useAddress()
  const [isHelpOpen, setHelpOpen] = useState(false)
  const inbox = useInbox(live)
  const { view } = address
  const shown = views.filter((each) => each !== 'playground' || me.unavailable.run === null)
  useConsoleKeys({
    move: (by) => (view === 'approvals' ? moveGroup(by) : moveInList(by)),
    open: () => document.getElementById('details')?.focus(),
    back: () => go(view === 'sessions' ? { session: null } : { cell: null, call: null }),
    help: () => setHelpOpen(true),
  })
  const approvals = live.state.overview?.approvals ?? 0
  useEffect(() => {
    document.title = approvals > 0 ? `(${approvals}) codecell console` : 'codecell console'
  }, [approvals])
  return (
    <ConsoleContext.Provider value={{ me, live, address, go }}>
      <ConsoleHead logOut={logOut} help={() => setHelpOpen(true)} />
      <Banners />
      <ViewTabs shown={shown} />
      <main class="console-main">
        <CurrentView view={shown.includes(view) ? view : 'cells'} inbox={inbox} />
      </main>
      <Announcer />
      {isHelpOpen && <KeyHelp close={() => setHelpOpen(false)} list={keyTexts} />}
    </ConsoleContext.Provider>
  )
}

function CurrentView({ view, inbox }: { readonly view: View; readonly inbox: Inbox }): JSX.Element {
  switch (view) {
    case 'sessions':
      return <SessionsView />
    case 'approvals':
      return <ApprovalsView inbox={inbox} />
    case 'ledger':
      return <LedgerView />
    case 'nodes':
      return <NodesView />
    case 'charts':
      return <ChartsView />
    case 'playground':
      return <PlaygroundView />
    case 'cells':
    default:
      return <CellsView />
  }
}

function PlaygroundView(): JSX.Element {
  const { me } = useConsole()
  const reason = whyReadOnly(me)
  if (reason === null) return <ConsolePlayground hasIntl />
  return (
    <p class="empty" role="status">
      The playground is not available: {reason}
    </p>
  )
}
