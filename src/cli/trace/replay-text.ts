import type { SourceLocation } from '../../index.ts'
import type { CellReplay, CellStep } from '../../replay.ts'
import { escapeInvisible } from '../../text/escape-invisible.ts'
import type { FoundCellLog } from '../../trace.ts'

const maxLength = 200

/** Returns untrusted text of a bundle as one short line that a terminal prints as it stands. */
export function shown(text: string): string {
  return escapeInvisible(text.length > maxLength ? `${text.slice(0, maxLength)}…` : text)
}

/** Returns the result of a replay: one line, and two more for a difference. */
export function replayText({ head }: FoundCellLog, replay: CellReplay): string {
  const cell = `cell ${shown(head.cell_id)} (${shown(head.call_id)})`
  switch (replay.type) {
    case 'same':
      return `${cell}: same, ${replay.events} ${replay.events === 1 ? 'event' : 'events'}\n`
    case 'differs': {
      const { event, recorded, recordedLocation, now, location } = replay.difference
      const run = replay.run === 1 ? '' : ` of run ${replay.run}`
      return [
        `${cell}: differs at event ${event}${run}`,
        `  recorded: ${stepText(recorded)}${locationText(recordedLocation)}`,
        `  now:      ${stepText(now)}${locationText(location)}\n`,
      ].join('\n')
    }
    case 'stopped':
    case 'unreadable':
      return `${cell}: ${replay.type} after ${replay.events} events: ${shown(replay.reason)}\n`
    default:
      return replay satisfies never
  }
}

export function locationText(location: SourceLocation | null): string {
  return location === null ? '' : ` (line ${location.line}, column ${location.column})`
}

function stepText(step: CellStep | null): string {
  if (step === null) return 'nothing more'
  const { type, ...about } = step
  const details = Object.entries(about).map(([name, value]) => `${name} ${detailText(value)}`)
  return [type, ...details].join(' ')
}

function detailText(value: string | number | null): string {
  return typeof value === 'string' ? shown(JSON.stringify(value)) : String(value)
}
