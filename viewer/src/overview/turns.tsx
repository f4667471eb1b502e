import type { JSX } from 'preact'
import type { ViewEntry, ViewItem } from '../../../src/trace/view/view-data.ts'
import { oneLine, showSince, showSpan, visible } from '../data/format.ts'
import { nameOfThread, type Model } from '../data/model.ts'
import { Status } from '../detail/status.tsx'
import { Limited, type OverviewProps } from './limited.tsx'

type Turn = { readonly entry: ViewEntry; readonly asked: ViewItem | null; readonly answered: ViewItem | null }

const maxText = 600

/** The turns of an agent: the message that it was asked with, and its last answer. */
export function Turns({ model, app }: OverviewProps): JSX.Element {
  const threadId = app.state.threadId ?? model.data.rootThreadId
  const turns = turnsOf(model, threadId)
  const who = model.threads.size > 1 ? ` of ${oneLine(nameOfThread(model, threadId), 40)}` : ''
  return (
    <Limited title={`Turns${who}`} list={turns} first={10}>
      {(shown) => (
        <ol class="turns">
          {shown.map(({ entry, asked, answered }) => (
            <li key={entry.id}>
              <p class="turn-facts">
                <Status status={entry.status} />{' '}
                <span class="muted">
                  {showSince(entry.start, model.start)}, {showSpan(entry)}
                </span>
              </p>
              {asked !== null && <Words item={asked} who={asked.author ?? 'Asked'} showItem={app.showItem} />}
              {answered !== null && <Words item={answered} who="Answered" showItem={app.showItem} />}
            </li>
          ))}
        </ol>
      )}
    </Limited>
  )
}

type WordsProps = { readonly item: ViewItem; readonly who: string; readonly showItem: (id: string) => void }

function Words({ item, who, showItem }: WordsProps): JSX.Element {
  const { text, length } = item.text
  return (
    <div class={item.role === 'user' ? 'words user' : 'words assistant'}>
      <button type="button" class="link" onClick={() => showItem(item.id)}>
        {oneLine(who, 60)}
      </button>
      <p>
        {visible(text.slice(0, maxText))}
        {length > maxText && ' …'}
      </p>
    </div>
  )
}

/** Returns the turns of a thread with the last message to the agent before it worked, and its last message. */
function turnsOf({ data, entries }: Model, threadId: string): readonly Turn[] {
  const items = Map.groupBy(
    data.items.filter((item) => item.threadId === threadId),
    ({ turnId }) => `turn:${turnId ?? ''}`,
  )
  const turns = entries
    .filter((entry) => entry.type === 'turn' && entry.thread === threadId)
    .map((entry) => ({ entry, ...wordsOf(items.get(entry.id) ?? []) }))
  return turns.filter(({ asked, answered }) => asked !== null || answered !== null || turns.length === 1)
}

function wordsOf(items: readonly ViewItem[]): Omit<Turn, 'entry'> {
  const work = items.findIndex(isOwn)
  const before = (work === -1 ? items : items.slice(0, work)).filter(({ kind }) => kind === 'message')
  return {
    asked: before.findLast(({ role }) => role === 'user') ?? before.findLast(({ author }) => author !== null) ?? null,
    answered: items.findLast((item) => isOwn(item) && item.kind === 'message') ?? null,
  }
}

function isOwn({ role, author }: ViewItem): boolean {
  return role === 'assistant' && author === null
}
