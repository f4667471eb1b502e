import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ViewCompaction, ViewEntry, ViewRequest } from '../../../src/trace/view/view-data.ts'
import { oneLine, showCost, showCount, showSince, showSpan, showTokens } from '../data/format.ts'
import { Status } from '../detail/status.tsx'
import { CopyLink } from '../page/copy-link.tsx'
import { contextOf } from './conversation-rows.ts'
import type { RowProps } from './row-props.ts'

/** The beginning of a turn. */
export function TurnRow({
  entry,
  number,
  model,
}: RowProps & { readonly entry: ViewEntry; readonly number: number }): JSX.Element {
  return (
    <div class="turn-row">
      <strong>Turn {number}</strong> <Status status={entry.status} />{' '}
      <span class="muted">
        {showSince(entry.start, model.start)}, {showSpan(entry)}
      </span>
    </div>
  )
}

/** A request to a model: what was new in it, its tokens and cost, and all that the model saw. */
export function RequestRow({
  model,
  app,
  entry,
  request,
  number,
  open,
}: RowProps & { readonly entry: ViewEntry; readonly request: ViewRequest; readonly number: number }): JSX.Element {
  const key = `context ${request.id}`
  const [isOpen, setOpen] = useState(open.has(key))
  const toggle = (): void => {
    if (isOpen) open.delete(key)
    else open.add(key)
    setOpen(!isOpen)
  }
  const { added, kept, rest, removed } = request
  const total = rest === null ? null : kept + rest.length
  return (
    <div class={entry.isError ? 'request-row is-failed' : 'request-row'}>
      <div class="request-line">
        <button type="button" class="link" onClick={() => app.select(entry.id)}>
          Request {number}
        </button>{' '}
        <span class="request-model">{oneLine(entry.label, 50)}</span>{' '}
        <Status status={entry.status} isShort={!entry.isError} />
        <CopyLink fragment={`#step=${encodeURIComponent(entry.id)}`} what="this request" />
        <span class="muted">
          {showSince(entry.start, model.start)} · {showSpan(entry)} ·{' '}
          {entry.usage === null ? 'no tokens recorded' : showTokens(entry.usage)}
          {entry.cost !== null && ` · ${showCost(entry.cost, model.data.prices?.currency ?? '')}`}
        </span>
      </div>
      {entry.failure !== null && <p class="error-text">{oneLine(entry.failure.text, 300)}</p>}
      <div class="request-new">
        <strong>{added.length === 0 ? 'Nothing new' : showCount(added.length, 'new item')}</strong>
        {total !== null && total > added.length && (
          <span class="muted"> after {showCount(total - added.length, 'earlier one')}</span>
        )}
        {removed > 0 && <span class="removed"> · {showCount(removed, 'item')} of the request before removed</span>}
        {total !== null && total > 0 && (
          <button type="button" class="link" aria-expanded={isOpen} onClick={toggle}>
            {isOpen ? 'Hide' : 'Show'} all that the model saw
          </button>
        )}
      </div>
      {isOpen && <Context model={model} app={app} request={request} />}
    </div>
  )
}

const maxShown = 200

/** All items of a request, in one line each. */
function Context({
  model,
  app,
  request,
}: Pick<RowProps, 'model' | 'app'> & { readonly request: ViewRequest }): JSX.Element {
  const [limit, setLimit] = useState(maxShown)
  const ids = contextOf(model, request) ?? []
  const added = new Set(request.added)
  return (
    <>
      <ol class="context">
        {ids.slice(0, limit).map((id, index) => {
          const item = model.items.get(id)
          return (
            <li key={index} class={added.has(id) ? 'is-new' : ''}>
              <button type="button" class="link" onClick={() => app.showItem(id)}>
                {item === undefined
                  ? 'item'
                  : (item.author ?? item.name ?? (item.kind === 'reasoning' ? item.kind : item.role))}
              </button>{' '}
              {added.has(id) && <span class="new-mark">new</span>}{' '}
              <span class="said">{oneLine(item?.text.text ?? '', 160)}</span>
            </li>
          )
        })}
      </ol>
      {ids.length > limit && (
        <button type="button" class="more" onClick={() => setLimit(limit + 5 * maxShown)}>
          Show more ({ids.length - limit} left)
        </button>
      )}
    </>
  )
}

export function CompactionRow({
  compaction,
  app,
  model,
}: RowProps & { readonly compaction: ViewCompaction }): JSX.Element {
  const { entry, before, after, at } = compaction
  return (
    <div class="compaction-row">
      <strong>⇲ History compacted</strong>{' '}
      <span class="muted">
        {showSince(at, model.start)}: {showCount(before, 'item')} became {after.toLocaleString('en')}
      </span>
      {entry !== null && model.byId.has(entry) && (
        <button type="button" class="link" onClick={() => app.select(entry)}>
          its request
        </button>
      )}
    </div>
  )
}
