import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { oneLine, showCount, showSince } from './format.ts'
import { Preview } from './long-text.tsx'
import { cellKey, type Model } from './model.ts'

type ConversationProps = {
  readonly model: Model
  readonly threadId: string | null
  readonly select: (key: string) => void
}

const mostItems = 100

/** What the model was told and said, item after item. */
export function Conversation({ model, threadId, select }: ConversationProps): JSX.Element {
  const [limit, setLimit] = useState(mostItems)
  const items = model.data.items.filter((item) => threadId === null || item.threadId === threadId)
  const cells = new Map(model.data.cells.map((cell) => [cell.callId, cell.id]))
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
                <button type="button" class="link" onClick={() => select(cellKey(cell))}>
                  its cell
                </button>
              )}
            </header>
            <Preview text={item.text} label={`${oneLine(item.role, 40)}, ${oneLine(item.kind, 60)}`} />
          </article>
        )
      })}
      {items.length > limit && (
        <button type="button" class="more" onClick={() => setLimit(limit + 5 * mostItems)}>
          Show more ({items.length - limit} left)
        </button>
      )}
    </section>
  )
}
