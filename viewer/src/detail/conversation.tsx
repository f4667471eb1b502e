import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { oneLine, showCount, showSince } from '../data/format.ts'
import { Preview } from './long-text.tsx'
import type { Model } from '../data/model.ts'

type ConversationProps = {
  readonly model: Model
  readonly threadId: string | null
  readonly select: (id: string) => void
}

const maxItems = 100

/** The conversation of the model, item by item. */
export function Conversation({ model, threadId, select }: ConversationProps): JSX.Element {
  const [limit, setLimit] = useState(maxItems)
  const items = model.data.items.filter((item) => threadId === null || item.threadId === threadId)
  const cells = new Map(model.entries.filter(({ type }) => type === 'cell').map(({ call, id }) => [call, id] as const))
  return (
    <section aria-label="Conversation" class="conversation">
      <h2>Conversation</h2>
      <p class="muted">{showCount(items.length, 'item')}</p>
      {items.slice(0, limit).map((item) => {
        const cell = item.callId === null ? undefined : cells.get(item.callId)
        return (
          <article key={item.id} class={`item ${['user', 'assistant', 'tool'].includes(item.role) ? item.role : ''}`}>
            <header>
              <strong>{oneLine(item.role, 40)}</strong> <span class="muted">{oneLine(item.kind, 60)}</span>{' '}
              <span class="muted time">{showSince(item.at, model.start)}</span>
              {cell !== undefined && (
                <button type="button" class="link" onClick={() => select(cell)}>
                  its cell
                </button>
              )}
            </header>
            <Preview text={item.text} label={`${oneLine(item.role, 40)}, ${oneLine(item.kind, 60)}`} />
          </article>
        )
      })}
      {items.length > limit && (
        <button type="button" class="more" onClick={() => setLimit(limit + 5 * maxItems)}>
          Show more ({items.length - limit} left)
        </button>
      )}
    </section>
  )
}
