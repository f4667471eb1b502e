import type { JSX } from 'preact'
import { showCount } from '../../../viewer/src/data/format.ts'
import { useConsole, whyReadOnly } from '../app/context.ts'
import { ProblemText } from '../parts/problem.tsx'
import { ApprovalCard } from './approval-card.tsx'
import { isSettled, openCalls, type Inbox } from './inbox.ts'

/** The calls that wait for a decision, of all cells or of one session. */
export function ApprovalsView({ inbox }: { readonly inbox: Inbox }): JSX.Element {
  const { me, address, go } = useConsole()
  const readOnly = whyReadOnly(me)
  const cards = inbox.cards.filter(
    ({ sessionId, cellId }) =>
      (address.session === null || sessionId === address.session) && (address.cell === null || cellId === address.cell),
  )
  const open = cards.flatMap(({ groups }) => groups.flatMap(openCalls)).length
  const settled = inbox.cards.filter(isSettled).length
  return (
    <section class="page inbox" aria-label="Approvals">
      <header class="page-title">
        <h2>{open === 0 ? 'Nothing waits for a decision' : `${showCount(open, 'call')} waiting for a decision`}</h2>
        {address.session !== null && (
          <button type="button" onClick={() => go({ session: null, cell: null })}>
            Show all sessions
          </button>
        )}
        {settled > 0 && (
          <button type="button" onClick={() => inbox.clear()}>
            Remove {showCount(settled, 'decided card')}
          </button>
        )}
      </header>
      {readOnly !== null && <p class="notice">{readOnly}</p>}
      {inbox.failure !== null && <ProblemText problem={inbox.failure} />}
      {!inbox.isReady && inbox.failure === null && <p class="empty">Loading…</p>}
      {inbox.isReady && cards.length === 0 && (
        <p class="empty">Calls appear here when a program calls a tool whose approval policy is "ask".</p>
      )}
      {cards.map((card) => (
        <ApprovalCard key={card.id} card={card} inbox={inbox} isReadOnly={readOnly !== null} />
      ))}
      {inbox.later > 0 && (
        <p class="muted note">{showCount(inbox.later, 'more call')} appear when these are decided.</p>
      )}
    </section>
  )
}
