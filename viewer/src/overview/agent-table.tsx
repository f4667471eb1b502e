import type { JSX } from 'preact'
import { oneLine, showCost, showNumber, showSpan, visible } from '../data/format.ts'
import { agentName, type Agent, type Model } from '../data/model.ts'
import { Status } from '../detail/status.tsx'
import { Limited, type OverviewProps } from './limited.tsx'

/** The agents with their sums, as a tree. */
export function AgentTable({ model, app }: OverviewProps): JSX.Element {
  const { prices } = model.data
  return (
    <Limited title="Agents" list={model.agents} first={40}>
      {(shown) => (
        <div class="table-box">
          <table class="agent-table">
            <thead>
              <tr>
                <th scope="col">Agent</th>
                <th scope="col">Task</th>
                <th scope="col">Time</th>
                <th scope="col">Requests</th>
                <th scope="col">Tokens in</th>
                <th scope="col">Tokens out</th>
                {prices !== null && <th scope="col">Cost</th>}
                <th scope="col">Calls</th>
                <th scope="col">Errors</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((agent) => (
                <AgentRow key={agent.thread.id} agent={agent} model={model} app={app} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Limited>
  )
}

function AgentRow({ agent: { thread, depth }, model, app }: OverviewProps & { readonly agent: Agent }): JSX.Element {
  const { totals, path, status, model: modelName } = thread
  const { usage, cost } = totals
  const { prices } = model.data
  const isKnown = totals.requests > totals.requestsWithoutUsage
  return (
    <tr>
      <th scope="row" style={{ paddingLeft: `${Math.min(depth, 8) * 16}px` }}>
        <Status status={status} isShort />{' '}
        <button
          type="button"
          class="link"
          title={visible(path)}
          onClick={() => app.showThread(thread.id, 'conversation')}
        >
          {oneLine(agentName(thread), 40)}
        </button>
        {modelName !== null && <span class="muted"> {oneLine(modelName, 40)}</span>}
      </th>
      <td class="task" data-name="Task">
        {oneLine(taskOf(model, thread.id), 160)}
      </td>
      <td data-name="Time">{showSpan(thread)}</td>
      <td data-name="Requests">{totals.requests.toLocaleString('en')}</td>
      <td data-name="Tokens in">
        {isKnown ? showNumber(usage.input_tokens) : '–'}
        {usage.cached_input_tokens > 0 && <span class="muted"> {showNumber(usage.cached_input_tokens)} cached</span>}
      </td>
      <td data-name="Tokens out">{isKnown ? showNumber(usage.output_tokens) : '–'}</td>
      {prices !== null && <td data-name="Cost">{cost === null ? 'no price' : showCost(cost, prices.currency)}</td>}
      <td data-name="Calls">{totals.calls.toLocaleString('en')}</td>
      <td data-name="Errors" class={totals.errors > 0 ? 'error-text' : ''}>
        {totals.errors.toLocaleString('en')}
      </td>
    </tr>
  )
}

/** Returns the message with which an agent was started, or its task. */
function taskOf({ edges, threads }: Model, threadId: string): string {
  const spawn = edges.find(({ kind, to }) => kind === 'spawn_agent' && to.threadId === threadId)
  return spawn?.text?.text ?? threads.get(threadId)?.task ?? ''
}
