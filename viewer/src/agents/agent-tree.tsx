import type { JSX } from 'preact'
import type { App } from '../app-state.ts'
import { oneLine, showNumber, visible } from '../data/format.ts'
import { agentName, type Agent, type Model } from '../data/model.ts'
import { Status } from '../detail/status.tsx'
import { VirtualList } from '../list/virtual-list.tsx'

const rowHeight = 28
const maxRows = 8

/** The agents as a tree; the chosen one filters the list and the timeline. Only shown if there are several. */
export function AgentTree({ model, app }: { readonly model: Model; readonly app: App }): JSX.Element | null {
  const { agents } = model
  if (agents.length < 2) return null
  const { threadId } = app.state
  const active = threadId === null ? 0 : agents.findIndex(({ thread }) => thread.id === threadId) + 1
  const count = agents.length + 1
  return (
    <section class="agents" aria-label="Agents">
      <div class="agent-list" style={{ height: `${Math.min(count, maxRows) * rowHeight + 2}px` }}>
        <VirtualList id="agents" label="Agents" count={count} rowHeight={rowHeight} active={active} empty="No agents">
          {(index) => {
            const agent = agents[index - 1]
            return agent === undefined ? (
              <div class="entry agent" onClick={() => app.showThread(null, 'overview')}>
                <span class="entry-name">All {agents.length.toLocaleString('en')} agents</span>
              </div>
            ) : (
              <AgentRow agent={agent} select={() => app.showThread(agent.thread.id, 'conversation')} />
            )
          }}
        </VirtualList>
      </div>
    </section>
  )
}

function AgentRow({
  agent: { thread, depth },
  select,
}: {
  readonly agent: Agent
  readonly select: () => void
}): JSX.Element {
  const { totals, status, path } = thread
  const tokens = totals.usage.input_tokens + totals.usage.output_tokens
  return (
    <div
      class="entry agent"
      title={visible(path)}
      style={{ paddingLeft: `${8 + Math.min(depth, 8) * 16}px` }}
      onClick={select}
    >
      {depth > 0 && (
        <span class="branch" aria-hidden="true">
          └
        </span>
      )}
      <Status status={status} isShort />
      <span class="entry-name">{oneLine(agentName(thread), 40)}</span>
      <span class="entry-note">{oneLine(path, 80)}</span>
      {totals.errors > 0 && (
        <span class="failed-count">
          ✕ {totals.errors}
          <span class="unseen"> errors</span>
        </span>
      )}
      {tokens > 0 && (
        <span class="entry-time">
          {showNumber(tokens)}
          <span class="unseen"> tokens</span>
        </span>
      )}
    </div>
  )
}
