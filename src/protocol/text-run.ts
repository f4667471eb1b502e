import type { FromHost, HostCell } from './message.ts'

/**
 * Consecutive texts of one cell, in one message on the wire. `places` has the line and the column of each text, one after the
 * other; a run without it has no locations.
 */
export type TextRun = {
  readonly type: 'texts'
  readonly cell: HostCell
  readonly texts: string[]
  readonly places?: number[]
}

/** Longer texts are sent separately, in characters. */
const maxJoinedLength = 1024

type Place = Extract<FromHost, { readonly type: 'place' }>

/** Joins consecutive short texts of a cell: a program that prints line by line costs one message, not thousands. */
export function joinTexts(messages: readonly FromHost[]): (FromHost | TextRun)[] {
  const joined: (FromHost | TextRun)[] = []
  let run: TextRun | null = null
  let place: Place | null = null
  for (const message of messages) {
    if (message.type === 'place' && place === null) {
      place = message
      continue
    }
    if (message.type === 'text' && message.body.length <= maxJoinedLength && canPlace(place, message.cell)) {
      run = runFor(run, message.cell, place !== null, joined)
      run.texts.push(message.body)
      if (place !== null) run.places?.push(place.line, place.column)
    } else {
      if (place !== null) joined.push(place)
      joined.push(message)
      run = null
    }
    place = null
  }
  if (place !== null) joined.push(place)
  return joined
}

function canPlace(place: Place | null, cell: HostCell): boolean {
  return place === null || place.cell === cell
}

/** Returns the run that a text of the cell continues, or begins one. */
function runFor(current: TextRun | null, cell: HostCell, isPlaced: boolean, joined: (FromHost | TextRun)[]): TextRun {
  if (current !== null && current.cell === cell && (current.places !== undefined) === isPlaced) return current
  const run: TextRun = { type: 'texts', cell, texts: [], ...(isPlaced ? { places: [] } : {}) }
  joined.push(run)
  return run
}

type SplitRun = { readonly cell: HostCell; readonly texts: readonly string[]; readonly places?: readonly number[] }

/** Splits a run into the messages that it stands for. */
export function splitTexts({ cell, texts, places }: SplitRun): readonly FromHost[] {
  const messages: FromHost[] = []
  for (const [index, body] of texts.entries()) {
    const [line, column] = places === undefined ? [] : [places[2 * index], places[2 * index + 1]]
    if (line !== undefined && column !== undefined) messages.push({ type: 'place', cell, line, column })
    messages.push({ type: 'text', cell, body })
  }
  return messages
}
