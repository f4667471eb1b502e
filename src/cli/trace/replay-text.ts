import type { SourceLocation } from '../../index.ts'
import type { CellReplay, CellStep } from '../../replay.ts'
import type { FoundCellRecord } from '../../trace.ts'

const maxShown = 200

/** A text of a bundle, which anybody may have written, for a terminal: on one line, not too long, no control characters. */
export function shown(text: string): string {
  const cut = text.length > maxShown ? `${text.slice(0, maxShown)}…` : text
  return cut.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
}

/** Returns the result of a replay: one line, and two more for a difference. */
export function replayText({ head }: FoundCellRecord, replay: CellReplay): string {
  const cell = `cell ${shown(head.cell_id)} (${shown(head.call_id)})`
  switch (replay.type) {
    case 'same':
      return `${cell}: same, ${replay.events} ${replay.events === 1 ? 'event' : 'events'}\n`
    case 'differs': {
      const { event, recorded, recordedPlace, now, place } = replay.difference
      const run = replay.run === 1 ? '' : ` of run ${replay.run}`
      return [
        `${cell}: differs at event ${event}${run}`,
        `  recorded: ${stepText(recorded)}${placeText(recordedPlace)}`,
        `  now:      ${stepText(now)}${placeText(place)}\n`,
      ].join('\n')
    }
    case 'stopped':
    case 'unreadable':
      return `${cell}: ${replay.type} after ${replay.events} events: ${shown(replay.reason)}\n`
    default:
      return replay satisfies never
  }
}

export function placeText(place: SourceLocation | null): string {
  return place === null ? '' : ` (line ${place.line}, column ${place.column})`
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
