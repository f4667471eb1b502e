import type { SourceLocation } from '../events/session-event.ts'
import type { JournaledCommand } from '../protocol/command.ts'
import { isRecord } from '../protocol/json.ts'
import type { RecordedRun } from './recorded-cell.ts'

/** A recorded nested call. `input` is JSON, empty if the cell passed nothing. */
export type RecordedCall = {
  readonly id: number
  readonly tool: string
  readonly input: string
  readonly location: SourceLocation | null
  /** False for a call whose cell ended first. */
  readonly hasResult: boolean
}

/** A recorded command, and its position in the log. */
type RecordedCommand = { readonly command: JournaledCommand; readonly position: number }

/** Provides the recorded results to an edited program. */
export class RecordedResults {
  readonly calls: readonly RecordedCall[]
  readonly #results = new Map<number, RecordedCommand>()
  readonly #firings = new Map<number, RecordedCommand>()
  readonly #delays = new Map<number, number>()
  /** Unused calls by tool and input, in order. */
  readonly #left = new Map<string, RecordedCall[]>()
  readonly #endTime: number

  constructor({ start, commands, events }: RecordedRun) {
    for (const [position, command] of commands.entries()) {
      const commandsById = command.type === 'timeout_fired' ? this.#firings : this.#results
      if (!commandsById.has(command.id)) commandsById.set(command.id, { command, position })
    }
    this.#endTime = commands.at(-1)?.time ?? start.time
    this.calls = events.flatMap(({ event, location }) => {
      if (event.type === 'timer_set') this.#delays.set(event.id, event.delay)
      if (event.type !== 'tool_call') return []
      const { id, tool, body: input } = event
      return [{ id, tool, input, location, hasResult: this.#results.has(id) }]
    })
    for (const call of this.calls) {
      const key = keyOf(call.tool, call.input)
      const same = this.#left.get(key)
      if (same === undefined) this.#left.set(key, [call])
      else same.push(call)
    }
  }

  /** Takes the first unused recorded call of this tool with an equal input in JSON. */
  take(tool: string, input: string): RecordedCall | null {
    return this.#left.get(keyOf(tool, input))?.shift() ?? null
  }

  resultOf(call: RecordedCall): RecordedCommand | null {
    return this.#results.get(call.id) ?? null
  }

  /** Returns when a timer fires: as recorded, if the timer is equal to the recorded one, or else when it is due. */
  firing(id: number, delay: number, now: number): { readonly due: number; readonly position: number } {
    const due = now + delay
    if (this.#delays.get(id) !== delay) return { due, position: Infinity }
    const fired = this.#firings.get(id)
    // A timer that had not fired at the end of the log must not fire before that.
    if (fired === undefined) return { due: Math.max(due, this.#endTime), position: Infinity }
    return { due: Math.max(now, fired.command.time), position: fired.position }
  }
}

function keyOf(tool: string, input: string): string {
  return `${tool}\0${canonical(input)}`
}

/** Serializes JSON with sorted members; other text is returned unchanged. */
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
