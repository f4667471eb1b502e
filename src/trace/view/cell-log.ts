import { approvalNote } from '../timeline/approval-note.ts'
import type { CellLogLine } from '../format/cell-log.ts'
import type { CellEvent } from '../../protocol/event.ts'
import type { SourceLocation } from '../../events/session-event.ts'
import type { ViewCellEvent, ViewMark } from './view-data.ts'
import { GrowingText, type ViewTexts } from './bounded-texts.ts'

/** The maximum number of events of one cell, and of all cells. */
const maxOfCell = 5000
const maxOfAll = 100_000

/** The maximum size of all cell logs, in bytes: the page waits for them. */
const maxLogBytes = 2 ** 29

type FoundEvent = { readonly at: number; readonly kind: ViewCellEvent['kind']; readonly text: string }

/** Distributes the limits of a page to the cell logs of a bundle. */
export class CellLogReader {
  readonly #texts: ViewTexts
  #left = maxOfAll
  #bytesLeft = maxLogBytes

  constructor(texts: ViewTexts) {
    this.#texts = texts
  }

  /** Reserves the time to read a log of `size` bytes; false if none is left. */
  takes(size: number): boolean {
    if (size > this.#bytesLeft) return false
    this.#bytesLeft -= size
    return true
  }

  newPage(nestedCalls: ReadonlyMap<string, number>): CellLogPage {
    return new CellLogPage(this.#texts, nestedCalls, Math.min(maxOfCell, this.#left))
  }

  keep(page: CellLogPage): void {
    this.#left -= page.events.length
  }
}

/** Collects the content of one cell log, line by line. `nestedCalls` has the index of each call. */
export class CellLogPage {
  readonly events: ViewCellEvent[] = []
  readonly marks: ViewMark[] = []
  readonly printed: GrowingText = new GrowingText()
  readonly yields: number[] = []
  /** Whether the close of the session terminated the cell. */
  endedBySession = false
  readonly #texts: ViewTexts
  readonly #nestedCalls: ReadonlyMap<string, number>
  readonly #limit: number

  constructor(texts: ViewTexts, nestedCalls: ReadonlyMap<string, number>, limit: number) {
    this.#texts = texts
    this.#nestedCalls = nestedCalls
    this.#limit = limit
  }

  add(line: CellLogLine): void {
    if (line.type === 'answered' && line.status === 'yielded') this.yields.push(line.at)
    if (line.type === 'answered' && line.by === 'session') this.endedBySession = true
    if (line.type === 'run') this.#startAgain()
    if (line.type === 'event') this.#addEvent(line.at, line.event, line.place)
    else this.#addFound(foundInLine(line), null)
  }

  /** A program with types is rejected first and runs again without types: the first error does not count. */
  #startAgain(): void {
    const last = this.events.at(-1)
    if (last?.kind !== 'error') return
    this.events.pop()
    if (this.marks.at(-1)?.kind === 'error') this.marks.pop()
  }

  #addEvent(at: number, event: CellEvent, location: SourceLocation | null): void {
    if (event.type === 'text') this.printed.add(event.body)
    else if (event.type === 'image' || event.type === 'audio') this.printed.add(`[${event.type}]`)
    if (event.type === 'tool_call') {
      const index = this.#nestedCalls.get(`tool-${event.id}`)
      if (index !== undefined && location !== null)
        this.#mark({ line: location.line, kind: 'call', index, isCertain: true })
      return
    }
    const found = foundInEvent(at, event)
    const line = location?.line ?? (found?.kind === 'error' ? errorLine(found.text) : null)
    this.#addFound(found, line)
  }

  #addFound(found: FoundEvent | null, line: number | null): void {
    if (found === null) return
    if (this.events.length >= this.#limit) {
      this.#texts.report('Some cells have too many events: their lists are cut')
      return
    }
    const { at, kind, text } = found
    const kindOfMark = markKinds[kind]
    if (line !== null && kindOfMark !== undefined) {
      this.#mark({ line, kind: kindOfMark, index: this.events.length, isCertain: true })
    }
    this.events.push({ at, kind, text: this.#texts.preview(text), line })
  }

  #mark(mark: ViewMark): void {
    if (this.marks.length < 2 * this.#limit) this.marks.push(mark)
  }
}

const markKinds: { readonly [Kind in ViewCellEvent['kind']]?: ViewMark['kind'] } = {
  text: 'output',
  image: 'output',
  audio: 'output',
  notify: 'notify',
  yield: 'yield',
  store: 'store',
  error: 'error',
}

function foundInEvent(at: number, event: Exclude<CellEvent, { readonly type: 'tool_call' }>): FoundEvent | null {
  switch (event.type) {
    case 'text':
    case 'image':
    case 'audio':
    case 'notify':
      return { at, kind: event.type, text: event.body }
    case 'yield_requested':
      return { at, kind: 'yield', text: '' }
    case 'stored':
      return { at, kind: 'store', text: `${event.key} = ${event.body}` }
    case 'timer_set':
      return { at, kind: 'timer', text: `timer ${event.id}: due in ${event.delay} ms` }
    case 'timer_cleared':
      return { at, kind: 'timer', text: `timer ${event.id}: cleared` }
    case 'rejected':
    case 'failed':
      return { at, kind: 'error', text: event.body }
    case 'started':
    case 'place':
    case 'completed':
      return null
    default:
      return event satisfies never
  }
}

function foundInLine(line: Exclude<CellLogLine, { readonly type: 'event' }>): FoundEvent | null {
  const { at } = line
  switch (line.type) {
    case 'evicted':
      return { at, kind: 'evicted', text: '' }
    case 'revived':
      return { at, kind: 'revived', text: line.reason }
    case 'approval': {
      const verdict = line.allowed === null ? 'asked' : line.allowed ? 'allowed' : 'refused'
      const note = approvalNote(line)
      return { at, kind: 'approval', text: `${line.call}: ${verdict}${note === null ? '' : `: ${note}`}` }
    }
    case 'notified':
      return line.result === 'delivered' ? null : { at, kind: 'notify', text: `${line.result}: ${line.text}` }
    case 'answered':
      return { at, kind: 'response', text: line.status }
    case 'command':
      return line.command.type === 'timeout_fired' ? { at, kind: 'timer', text: `timer ${line.command.id}: due` } : null
    case 'run':
    case 'output':
    case 'closed':
      return null
    default:
      return line satisfies never
  }
}

/** Returns the line that an error text names first, where the error was thrown. */
export function errorLine(errorText: string): number | null {
  const line = /\bexec_main\.mjs:(\d{1,9}):\d/.exec(errorText)?.[1]
  return line === undefined ? null : Number(line)
}
