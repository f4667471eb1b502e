import type { JSX } from 'preact'
import type { ViewEdge } from '../../../src/trace/view/view-data.ts'
import type { App } from '../app-state.ts'
import { oneLine, showSince } from '../data/format.ts'
import { nameOfThread, type Model } from '../data/model.ts'

/** The verb of an edge, from the agent at its beginning to the one at its end. */
const edgeVerbs: { readonly [Kind in ViewEdge['kind']]: string } = {
  spawn_agent: 'started',
  assign_agent_task: 'gave a task to',
  send_message: 'wrote to',
  agent_result: 'returned its result to',
  close_agent: 'closed',
}

type EdgeLinksProps = {
  readonly model: Model
  readonly app: App
  /** Ids of entries and items at one end of the edges. */
  readonly ids: readonly (string | null)[]
}

/** Links from an end of an edge to the other end. */
export function EdgeLinks({ model, app, ids }: EdgeLinksProps): JSX.Element | null {
  const known = ids.filter((id) => id !== null)
  const edges = new Set(known.flatMap((id) => model.edgesAt.get(id) ?? []))
  if (edges.size === 0) return null
  return (
    <p class="edge-links">
      {[...edges].map((edge) => {
        const isFrom = known.some((id) => id === edge.from.entry || id === edge.from.item)
        return (
          <button
            key={edge.id}
            type="button"
            class="link"
            onClick={() => showEnd(app, model, isFrom ? edge.to : edge.from)}
          >
            <span aria-hidden="true">{isFrom ? '→' : '←'}</span> {edgeText(model, edge)}
          </button>
        )
      })}
    </p>
  )
}

/** Names an edge: `Ada returned its result to root`. */
export function edgeText(model: Model, { kind, from, to }: ViewEdge): string {
  return `${oneLine(nameOfThread(model, from.threadId), 40)} ${edgeVerbs[kind]} ${oneLine(nameOfThread(model, to.threadId), 40)}`
}

/** Shows the step at an end of an edge, or the conversation of its agent. */
export function showEnd(app: App, model: Model, { item, entry, threadId }: ViewEdge['from']): void {
  if (item !== null && model.items.has(item)) app.showItem(item)
  else if (entry !== null && model.byId.has(entry)) app.select(entry)
  else app.showThread(threadId, 'conversation')
}

/** Everything that passed between agents, in order; the timeline draws the same. */
export function EdgeList({
  model,
  app,
  edges,
}: {
  readonly model: Model
  readonly app: App
  readonly edges: readonly ViewEdge[]
}): JSX.Element {
  return (
    <ol class="edges">
      {edges.map((edge) => (
        <li key={edge.id}>
          <span class="muted time">{showSince(edge.from.at, model.start)}</span>
          <span>
            <span class={`edge-mark ${edge.kind}`} aria-hidden="true" />{' '}
            <button type="button" class="link" onClick={() => showEnd(app, model, edge.from)}>
              {oneLine(nameOfThread(model, edge.from.threadId), 40)}
            </button>{' '}
            {edgeVerbs[edge.kind]}{' '}
            <button type="button" class="link" onClick={() => showEnd(app, model, edge.to)}>
              {oneLine(nameOfThread(model, edge.to.threadId), 40)}
            </button>
            {edge.text !== null && <span class="edge-text"> {oneLine(edge.text.text, 200)}</span>}
          </span>
        </li>
      ))}
    </ol>
  )
}
