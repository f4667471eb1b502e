import type { ViewThread } from '../../../src/trace/view/view-data.ts'
import type { JSX } from 'preact'
import { useMemo, useRef } from 'preact/hooks'
import { oneLine, showCount, showTokens } from '../data/format.ts'
import { agentName } from '../data/model.ts'
import { MeasuredList } from '../list/measured-list.tsx'
import { conversationRows, type ConversationRow } from './conversation-rows.ts'
import { CompactionRow, RequestRow, TurnRow } from './boundary-rows.tsx'
import { ItemRow } from './item-row.tsx'
import type { ConversationProps, RowProps } from './row-props.ts'

/** The conversation of one agent as messages: each request with what was new in it, then its response. */
export function Conversation({ model, app }: ConversationProps): JSX.Element {
  const { threadId, item } = app.state
  const named = item === null ? undefined : model.items.get(item)?.threadId
  const shownId = named ?? threadId ?? model.data.rootThreadId
  const thread = model.threads.get(shownId)
  const rows = useMemo(() => conversationRows(model, shownId), [model, shownId])
  const keys = useMemo(() => rows.map(({ key }) => key), [rows])
  const open = useRef(new Set<string>())
  const target = item ?? (app.state.selected !== null && keys.includes(app.state.selected) ? app.state.selected : null)
  return (
    <section aria-label="Conversation" class="conversation">
      <header class="section-head">
        <h2>{thread === undefined ? 'Conversation' : oneLine(agentName(thread), 60)}</h2>
        {model.data.threads.length > 1 && (
          <label class="pick">
            <span class="unseen">Agent</span>
            <select
              aria-label="Agent"
              value={shownId}
              onChange={(event) => app.showThread(event.currentTarget.value, 'conversation')}
            >
              {model.agents.map(({ thread: each, depth }) => (
                <option key={each.id} value={each.id}>
                  {'  '.repeat(depth)}
                  {oneLine(each.nickname === null ? each.path : `${each.nickname} (${each.path})`, 60)}
                </option>
              ))}
            </select>
          </label>
        )}
        <span class="muted">{thread !== undefined && requestsOf(thread)}</span>
      </header>
      <MeasuredList
        key={shownId}
        label={`Conversation of ${thread === undefined ? 'the agent' : oneLine(agentName(thread), 60)}`}
        keys={keys}
        estimate={96}
        target={target}
        empty="No conversation was recorded"
      >
        {(index) => {
          const row = rows[index]
          return row !== undefined && <Row row={row} model={model} app={app} open={open.current} target={item} />
        }}
      </MeasuredList>
    </section>
  )
}

function requestsOf({ totals }: ViewThread): string {
  const { requests, requestsWithoutUsage, usage } = totals
  if (requests === 0) return 'Requests were not recorded'
  return `${showCount(requests, 'request')} · ${requests === requestsWithoutUsage ? 'no tokens recorded' : showTokens(usage)}`
}

function Row({
  row,
  target,
  ...props
}: RowProps & { readonly row: ConversationRow; readonly target: string | null }): JSX.Element {
  switch (row.type) {
    case 'turn':
      return <TurnRow {...props} entry={row.entry} number={row.number} />
    case 'request':
      return <RequestRow {...props} entry={row.entry} request={row.request} number={row.number} />
    case 'compaction':
      return <CompactionRow {...props} compaction={row.compaction} />
    case 'item':
      return <ItemRow {...props} item={row.item} isTarget={row.item.id === target} />
    default:
      return row satisfies never
  }
}
