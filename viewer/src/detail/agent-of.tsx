import type { JSX } from 'preact'
import type { ViewEntry } from '../../../src/trace/view/view-data.ts'
import type { App } from '../app-state.ts'
import { oneLine } from '../data/format.ts'
import { nameOfThread, type Model } from '../data/model.ts'

type AgentOfProps = { readonly model: Model; readonly app: App; readonly entry: ViewEntry }

/** Links from a step to its place in the conversation of its agent. */
export function AgentOf({ model, app, entry }: AgentOfProps): JSX.Element {
  const item = model.itemsOfEntry.get(entry.id)?.[0]
  const show = (): void => (item === undefined ? app.showThread(entry.thread, 'conversation') : app.showItem(item.id))
  const name = model.threads.size > 1 ? `Agent ${oneLine(nameOfThread(model, entry.thread), 40)}` : 'Agent'
  return (
    <span>
      {name},{' '}
      <button type="button" class="link" onClick={show}>
        in the conversation
      </button>
    </span>
  )
}
