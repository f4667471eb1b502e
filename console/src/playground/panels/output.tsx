import type { JSX } from 'preact'
import type { ContentItem } from '../../../../src/protocol/content-item.ts'
import type { Location } from '../backend/backend.ts'
import type { OutputEntry, RunRecord } from '../run-record.ts'
import { CutText } from './cut-text.tsx'
import { formatMs } from './format-ms.ts'

export type OutputProps = { readonly record: RunRecord; readonly onGoTo: (location: Location) => void }

/** The output and the notifications of a program, in their order. */
export function Output({ record, onGoTo }: OutputProps): JSX.Element {
  const { entries, droppedEntries, status, durationMs } = record
  const isEmpty = entries.length === 0
  return (
    <section aria-label="Output">
      <h2>Output</h2>
      {isEmpty && <p class="muted">{status === 'running' ? 'Nothing yet' : emptyText(durationMs)}</p>}
      <ol class="pg-output">
        {entries.map((entry, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- entries are only appended
          <Entry key={index} entry={entry} onGoTo={onGoTo} />
        ))}
      </ol>
      {droppedEntries > 0 && <p class="muted">{droppedEntries} more items are not shown</p>}
    </section>
  )
}

function emptyText(durationMs: number | null): string {
  return durationMs === null ? 'No output' : `No output in ${formatMs(durationMs)}`
}

function Entry({
  entry,
  onGoTo,
}: {
  readonly entry: OutputEntry
  readonly onGoTo: (location: Location) => void
}): JSX.Element {
  const { location } = entry
  return (
    <li class={`pg-entry pg-${entry.type}`}>
      <div class="pg-entry-content">
        {entry.type === 'notification' && <span class="pg-label">notify</span>}
        {entry.type === 'notification' ? <CutText text={entry.text} /> : <Item item={entry.item} />}
      </div>
      {location !== null && (
        <button
          type="button"
          class="link pg-line"
          aria-label={`Go to line ${location.line}`}
          onClick={() => onGoTo(location)}
        >
          line {location.line}
        </button>
      )}
    </li>
  )
}

/** One item of content. Only images and audio that are in the item itself are shown. */
export function Item({ item }: { readonly item: ContentItem }): JSX.Element {
  switch (item.type) {
    case 'input_text':
      return <CutText text={item.text} />
    case 'input_image':
      return /^data:image\//i.test(item.image_url) ? (
        <img src={item.image_url} alt="Image of the program" />
      ) : (
        <CutText text={item.image_url} maxLength={200} />
      )
    case 'input_audio':
      return /^data:audio\//i.test(item.audio_url) ? (
        <audio controls src={item.audio_url} aria-label="Audio of the program" />
      ) : (
        <CutText text={item.audio_url} maxLength={200} />
      )
    default:
      return item satisfies never
  }
}
