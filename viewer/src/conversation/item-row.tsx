import type { JSX } from 'preact'
import type { ViewEntry, ViewItem, ViewText } from '../../../src/trace/view/view-data.ts'
import { oneLine, showSince, showSpan } from '../data/format.ts'
import { labelOf, statusOf, type Model } from '../data/model.ts'
import { Status } from '../detail/status.tsx'
import { CopyLink } from '../page/copy-link.tsx'
import { EdgeLinks } from '../agents/edge-links.tsx'
import { FoldedText } from './folded-text.tsx'
import type { RowProps } from './row-props.ts'

/** The look of an item. */
type ItemLook = 'context' | 'user' | 'assistant' | 'reasoning' | 'agent' | 'call' | 'output'

/** One item of a conversation: a message, reasoning, a call of a tool or its output. */
export function ItemRow({
  model,
  app,
  item,
  open,
  isTarget,
}: RowProps & { readonly item: ViewItem; readonly isTarget: boolean }): JSX.Element {
  const look = lookOf(item)
  const entry = item.entry === null ? undefined : model.byId.get(item.entry)
  const isError = look === 'output' && entry?.isError === true
  const text = textOf(model, item, entry)
  return (
    <article
      class={`item ${look}${isTarget ? ' is-target' : ''}${isError ? ' is-failed' : ''}`}
      aria-label={titleOf(item, look)}
    >
      <header>
        <strong>
          {isError && <span class="error-text">✕ </span>}
          {titleOf(item, look)}
        </strong>
        <CopyLink fragment={`#view=conversation&item=${encodeURIComponent(item.id)}`} what="this item" />
        {look === 'call' && entry !== undefined && <CallFacts entry={entry} />}
        {item.channel === 'commentary' && look === 'assistant' && <span class="muted">commentary</span>}
        <span class="muted time">{showSince(item.at, model.start)}</span>
        {entry !== undefined && (
          <button type="button" class="link" onClick={() => app.select(entry.id)}>
            {entry.type === 'cell' ? labelOf(entry) : 'details'}
          </button>
        )}
      </header>
      <FoldedText
        text={text}
        label={titleOf(item, look)}
        lines={linesOf[look]}
        isCode={look === 'call' || look === 'output'}
        id={item.id}
        open={open}
      />
      {/* An edge of a call is shown with the call, not again with its output. */}
      {look !== 'output' && (
        <EdgeLinks model={model} app={app} ids={look === 'call' ? [item.id, item.entry] : [item.id]} />
      )}
    </article>
  )
}

/** The lines of a text that are shown before it is expanded. */
const linesOf: { readonly [Look in ItemLook]: number } = {
  context: 2,
  user: 24,
  assistant: 24,
  reasoning: 6,
  agent: 16,
  call: 14,
  output: 8,
}

function lookOf({ role, kind, author }: ViewItem): ItemLook {
  if (author !== null) return 'agent'
  if (kind === 'reasoning') return 'reasoning'
  if (kind.endsWith('_output')) return 'output'
  if (kind.endsWith('_call')) return 'call'
  if (role === 'system' || role === 'developer') return 'context'
  return role === 'assistant' ? 'assistant' : role === 'tool' ? 'output' : 'user'
}

function titleOf({ role, kind, name, author, channel }: ViewItem, look: ItemLook): string {
  switch (look) {
    case 'agent':
      return `Message from ${oneLine(author ?? '', 80)}`
    case 'reasoning':
      return 'Reasoning'
    case 'call':
      return oneLine(name ?? kind, 80)
    case 'output':
      return `Output of ${oneLine(name ?? 'a tool', 80)}`
    case 'assistant':
      return channel === 'final' ? 'Assistant, final answer' : channel === 'summary' ? 'Summary' : 'Assistant'
    case 'user':
      return 'User'
    case 'context':
      return role === 'system' ? 'System' : 'Developer'
    default:
      return look satisfies never
  }
}

function CallFacts({ entry }: { readonly entry: ViewEntry }): JSX.Element {
  return (
    <>
      <Status status={statusOf(entry)} />
      <span class="muted">{showSpan(entry)}</span>
    </>
  )
}

/** Returns the text of an item; for a call its whole input, because the conversation has only its beginning. */
function textOf({ calls, cells }: Model, item: ViewItem, entry: ViewEntry | undefined): ViewText {
  if (entry === undefined || !item.kind.endsWith('_call')) return item.text
  const source = cells.get(entry.id)?.source
  if (source !== undefined) return { text: source, length: source.length }
  return calls.get(entry.id)?.input ?? item.text
}
