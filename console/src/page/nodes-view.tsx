import type { JSX } from 'preact'
import type { NodeItem, NodesReport } from '../../../src/console/api.ts'
import { oneLine, showCount } from '../../../viewer/src/data/format.ts'
import { useConsole } from '../app/context.ts'
import { get } from '../data/api.ts'
import { Ago, Left, Since } from '../parts/clock.tsx'
import { ProblemText } from '../parts/problem.tsx'
import { useData } from '../parts/use-data.ts'

/** The nodes of a fleet and their leases. */
export function NodesView(): JSX.Element {
  const { me, live } = useConsole()
  const { data, failure } = useData<NodesReport>({
    query: 'nodes',
    live,
    load: async () => await get('/api/nodes'),
    isChange: (event) => event.type === 'nodes' || event.type === 'changed',
  })
  return (
    <section class="page" aria-label="Nodes">
      <header class="page-title">
        <h2>Nodes</h2>
      </header>
      {me.unavailable.nodes !== null && <p class="notice">{me.unavailable.nodes}</p>}
      {failure !== null && me.unavailable.nodes === null && <ProblemText problem={failure} />}
      {data?.queue != null && <Queue queue={data.queue} />}
      {data !== null && data.nodes.length === 0 && me.unavailable.nodes === null && (
        <p class="muted">No node is known</p>
      )}
      {data !== null && data.nodes.length > 0 && (
        <div class="table-box" tabIndex={0} role="region" aria-label="Nodes and leases">
          <table class="figures is-text">
            <thead>
              <tr>
                <th scope="col">node</th>
                <th scope="col">state</th>
                <th scope="col">lease</th>
                <th scope="col">sessions</th>
                <th scope="col">alive since</th>
                <th scope="col">address</th>
                <th scope="col">build</th>
              </tr>
            </thead>
            <tbody>
              {data.nodes.map((node) => (
                <NodeRow key={node.node} node={node} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

function NodeRow({ node }: { readonly node: NodeItem }): JSX.Element {
  const { isAlive, isDraining, isReader, leaseUntil, aliveSince } = node
  return (
    <tr class={isAlive ? '' : 'is-dead'}>
      <th scope="row">
        {oneLine(node.node, 60)}
        {isReader && <span class="muted"> (this console)</span>}
      </th>
      <td>
        <span class={`status ${isAlive ? (isDraining ? 'waits' : 'completed') : 'failed'}`}>
          <span aria-hidden="true">{isAlive ? (isDraining ? '◐' : '✓') : '✕'}</span>
          {isAlive ? (isDraining ? 'draining' : 'alive') : 'dead: its lease is over'}
        </span>
      </td>
      <td>
        {leaseUntil === null ? (
          '–'
        ) : isAlive ? (
          <Left at={leaseUntil} />
        ) : (
          <>
            ended <Ago at={leaseUntil} />
          </>
        )}
      </td>
      <td>{node.sessions.toLocaleString('en')}</td>
      <td>{aliveSince === null ? '–' : <Since at={aliveSince} />}</td>
      <td>{node.address === null ? '–' : oneLine(node.address, 80)}</td>
      <td>{node.build === null ? '–' : oneLine(node.build, 40)}</td>
    </tr>
  )
}

function Queue({ queue }: { readonly queue: NonNullable<NodesReport['queue']> }): JSX.Element {
  const { due, dueSince, abandoned, waiting, nextDueAt, inbox, parkedSessions, needs } = queue
  return (
    <dl class="facts-list">
      <dt>due</dt>
      <dd>
        {showCount(due, 'session')}
        {dueSince !== null && due > 0 && (
          <>
            {' for '}
            <Since at={dueSince} />
          </>
        )}
      </dd>
      <dt>without a live node</dt>
      <dd class={abandoned > 0 ? 'error-text' : ''}>{showCount(abandoned, 'session')}</dd>
      <dt>waiting</dt>
      <dd>
        {showCount(waiting, 'session')}
        {nextDueAt !== null && (
          <>
            , the next: <Left at={nextDueAt} />
          </>
        )}
      </dd>
      <dt>requests in inboxes</dt>
      <dd>{inbox.toLocaleString('en')}</dd>
      {parkedSessions.length > 0 && <dt>parked after failures</dt>}
      {parkedSessions.length > 0 && <dd class="error-text">{oneLine(parkedSessions.join(', '), 500)}</dd>}
      {needs.length > 0 && <dt>needed and missing</dt>}
      {needs.length > 0 && <dd class="error-text">{oneLine(needs.join(', '), 500)}</dd>}
    </dl>
  )
}
