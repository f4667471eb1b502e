import type { SourceLocation } from '../events/session-event.ts'
import type { JournaledCommand } from '../protocol/command.ts'
import { isRecord } from '../protocol/json.ts'
import type { RecordedRun } from './recorded-cell.ts'

/** A nested call on record. `input` is JSON text, empty when the cell passed nothing. */
export type RecordedCall = {
  readonly id: number
  readonly tool: string
  readonly input: string
  readonly place: SourceLocation | null
  /** False for a call that the cell did not live to see answered. */
  readonly isAnswered: boolean
}

/** What a record gives a cell: a command, and where in the record it stands. */
type Given = { readonly command: JournaledCommand; readonly position: number }

/** The recorded answers, to be given to a program that is not the one that got them. */
export class RecordedAnswers {
  readonly calls: readonly RecordedCall[]
  readonly #answers = new Map<number, Given>()
  readonly #firings = new Map<number, Given>()
  readonly #delays = new Map<number, number>()
  /** Calls that nobody has asked for yet, by tool and input, in order. */
  readonly #left = new Map<string, RecordedCall[]>()
  readonly #endTime: number

  constructor({ start, commands, events }: RecordedRun) {
    for (const [position, command] of commands.entries()) {
      const given = command.type === 'timeout_fired' ? this.#firings : this.#answers
      if (!given.has(command.id)) given.set(command.id, { command, position })
    }
    this.#endTime = commands.at(-1)?.time ?? start.time
    this.calls = events.flatMap(({ event, place }) => {
      if (event.type === 'timer_set') this.#delays.set(event.id, event.delay)
      if (event.type !== 'tool_call') return []
      const { id, tool, body: input } = event
      return [{ id, tool, input, place, isAnswered: this.#answers.has(id) }]
    })
    for (const call of this.calls) {
      const key = keyOf(call.tool, call.input)
      const same = this.#left.get(key)
      if (same === undefined) this.#left.set(key, [call])
      else same.push(call)
    }
  }

  /** The first call on record of this tool with an input that is equal as JSON. Each is given once. */
  take(tool: string, input: string): RecordedCall | null {
    return this.#left.get(keyOf(tool, input))?.shift() ?? null
  }

  answerTo(call: RecordedCall): Given | null {
    return this.#answers.get(call.id) ?? null
  }

  /** The moment a timer fires: as on record, when it is the one on record; else when it is due. */
  firing(id: number, delay: number, now: number): { readonly due: number; readonly position: number } {
    const due = now + delay
    if (this.#delays.get(id) !== delay) return { due, position: Infinity }
    const fired = this.#firings.get(id)
    // One that had not fired when the record ended must not fire before that.
    if (fired === undefined) return { due: Math.max(due, this.#endTime), position: Infinity }
    return { due: Math.max(now, fired.command.time), position: fired.position }
  }
}

function keyOf(tool: string, input: string): string {
  return `${tool}\0${canonical(input)}`
}

/** JSON text with the members of objects in one order; what is no JSON as it stands. */
function canonical(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), (_key, value: unknown) =>
      isRecord(value) ? Object.fromEntries(Object.entries(value).toSorted(byName)) : value,
    )
  } catch {
    return text
  }
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : Number(left > right)
}
