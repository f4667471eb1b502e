import { payloadsOf, type TimelineEntry } from '../timeline/timeline-entry.ts'
import type { ViewTexts } from './bounded-texts.ts'
import type { ViewEntry, ViewEntryType } from './view-data.ts'

/** The maximum number of entries of a page. */
const maxEntries = 50_000

const shownTypes: readonly ViewEntryType[] = [
  'turn',
  'inference',
  'compaction',
  'cell',
  'nested_call',
  'wait',
  'tool_call',
]

/** An entry of a type that a page shows. */
export type ShownEntry = TimelineEntry & { readonly type: ViewEntryType }

/** Selects the entries that take time, up to the maximum. */
export function shownEntries(timeline: readonly TimelineEntry[], texts: ViewTexts): readonly ShownEntry[] {
  return texts.first(timeline.filter(isShown), maxEntries, 'entries of the timeline')
}

function isShown(entry: TimelineEntry): entry is ShownEntry {
  return shownTypes.some((type) => type === entry.type)
}

/** The facts that the page adds to an entry of the timeline. */
type EntryFacts = Pick<ViewEntry, 'isError' | 'cost' | 'failure'>

/** Returns an entry as the page has it: names have a maximum length, and payloads are ids. */
export function viewEntry(entry: ShownEntry, { isError, cost, failure }: EntryFacts, texts: ViewTexts): ViewEntry {
  const { type, id, parent, thread, start, end, status, usage } = entry
  const name = (text: string | null): string | null => (text === null ? null : texts.name(text))
  return {
    type,
    id,
    parent,
    thread,
    cell: name(entry.cell),
    call: name(entry.call),
    name: texts.name(entry.name),
    label: texts.name(entry.label),
    server: name(entry.server),
    start,
    end,
    status,
    isError,
    usage,
    cost,
    failure,
    payloads: payloadsOf(entry).map(({ raw_payload_id: payloadId }) => payloadId),
  }
}
