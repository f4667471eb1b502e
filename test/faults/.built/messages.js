import { isRecord } from '../../../dist/protocol/json.js'
import { parseOutcome } from '../../../dist/session/parse-outcome.js'

/** What the agent's process tells the one that outlives it. */

/** How a call stands on the ledger. */

/** What it is told: a tool answered, or the session has to be closed in an orderly way. */

/** What an agent's process is started with. */

export function parseFromAgent(text) {
  const value = JSON.parse(text)
  if (!isRecord(value)) throw new TypeError('no message')
  const { type, number, key, tool, input, requestId, cellId, cells, keys, ledger } = value
  const words = (given) => (typeof given === 'string' ? given : '')
  switch (type) {
    case 'closed':
      return { type }
    case 'opened':
      return { type, keys: Array.isArray(keys) ? keys.map(words) : [] }
    case 'call':
      return { type, number: Number(number), key: words(key), tool: words(tool), input: words(input) }
    case 'answer':
      return { type, requestId: words(requestId), outcome: parseOutcome(value['outcome']) }
    case 'notify':
      return { type, number: Number(number), cellId: words(cellId), text: words(value['text']) }
    case 'over':
      return {
        type,
        ledger: Array.isArray(ledger) ? ledger.map(ledgerLine) : [],
        cells: Array.isArray(cells) ? cells.map(words) : [],
      }
    default:
      return { type: 'trouble', text: words(value['text']) }
  }
}

function ledgerLine(value) {
  const { key, state, identifier } = isRecord(value) ? value : {}
  return { key: String(key), state: String(state), identifier: String(identifier) }
}

export function parseToAgent(text) {
  const value = JSON.parse(text)
  if (!isRecord(value) || value['type'] !== 'answered') return { type: 'close' }
  const { number, error } = value
  return {
    type: 'answered',
    number: Number(number),
    value: value['value'],
    error: typeof error === 'string' ? error : null,
  }
}

export function parseOrder(text) {
  const value = JSON.parse(text)
  if (!isRecord(value)) throw new TypeError('no order')
  const { socket, folder, sync, isNarrow, sabotage, lanes, last, received } = value
  const known = ['starts-unrecorded', 'answers-unrecorded', 'commands-unrecorded'].find((name) => name === sabotage)
  const given = isRecord(received) ? Object.entries(received).map(([id, outcome]) => [id, parseOutcome(outcome)]) : []
  return {
    socket: String(socket),
    folder: String(folder),
    sync: sync === true,
    isNarrow: isNarrow === true,
    sabotage: known ?? null,
    lanes: Array.isArray(lanes) ? lanes.map((lane) => (Array.isArray(lane) ? lane.map(String) : [])) : [],
    last: String(last),
    received: Object.fromEntries(given),
  }
}
