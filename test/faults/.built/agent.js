import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { createHostPool, createSession } from '../../../dist/index.js'
import { AppendFile } from '../../../dist/journal/disk/append-file.js'
import { DiskCellStore } from '../../../dist/journal/disk/disk-cell-store.js'
import { DiskLedger } from '../../../dist/journal/disk/disk-ledger.js'

import { parseOrder, parseToAgent } from './messages.js'

// The agent's process of a scenario: it opens the session, asks for what it has no answer to yet, and hands on what it gets.
// It can be killed at any moment; what must not be lost is in the session's folder, and with the process that started it.

const order = parseOrder(readFileSync(process.argv[2] ?? '', 'utf8'))
const socket = connect(order.socket)
const waiting = new Map()
let count = 0
let session = null

function say(message) {
  socket.write(`${JSON.stringify(message)}\n`)
}

createInterface({ input: socket }).on('line', (line) => {
  const message = parseToAgent(line)
  if (message.type === 'close') {
    void close()
    return
  }
  waiting.get(message.number)?.(message)
  waiting.delete(message.number)
})
socket.on('close', () => process.exit(0))

async function close() {
  await session?.close()
  say({ type: 'closed' })
  socket.end()
}

async function ask(make) {
  const number = ++count
  const answered = new Promise((resolve) => waiting.set(number, resolve))
  say(make(number))
  const { value, error } = await answered
  if (error !== null) throw new Error(error)
  return value
}

function tool(name, rest = {}) {
  return {
    name,
    ...rest,
    call: (input, { key }) =>
      ask((number) => ({ type: 'call', number, key, tool: name, input: JSON.stringify(input) })),
  }
}

function sabotage(what) {
  if (what === 'starts-unrecorded') DiskLedger.prototype.started = () => undefined
  if (what === 'answers-unrecorded') DiskCellStore.prototype.answered = () => undefined
  if (what === 'commands-unrecorded') AppendFile.prototype.add = () => true
}

/** One program from its first request to its last; requests that were answered before are not made again. */
async function run(opened, name, source) {
  let cellId = null
  for (let turn = 0; ; turn++) {
    const requestId = `${name}-${turn}`
    const options = { requestId, yieldTimeMs: 25 + ((turn * 37) % 120) }
    const known = order.received[requestId]
    const outcome =
      known ?? (await (cellId === null ? opened.execute(source, options) : opened.observe(cellId, options)))
    if (known === undefined) say({ type: 'answer', requestId, outcome })
    cellId = outcome.cellId
    if (outcome.type !== 'yielded') return
  }
}

async function main() {
  sabotage(order.sabotage)
  const tools = [
    tool('append'),
    tool('slow'),
    tool('refuse'),
    tool('put', { idempotent: true }),
    tool('read', { annotations: { readOnlyHint: true } }),
  ]
  session = await createSession({
    hosts: createHostPool(order.isNarrow ? { size: 1, maxCells: 1 } : {}),
    durable: { folder: order.folder, sync: order.sync },
    id: 'scenario',
    tools,
    onNotification: ({ cellId, text }) => ask((number) => ({ type: 'notify', number, cellId, text })),
  })
  say({ type: 'opened', keys: session.ledger().map(({ key }) => key) })
  const opened = session
  await Promise.all(
    order.lanes.map(async (programs, lane) => {
      for (const [at, source] of programs.entries()) await run(opened, `lane-${lane}-${at}`, source)
    }),
  )
  await run(opened, 'last', order.last)
  const ledger = opened.ledger().map(({ key, state, identifier }) => ({ key, state, identifier }))
  say({ type: 'over', ledger, cells: opened.cells() })
}

main().catch((error) => {
  if (error instanceof Error && error.message === 'code mode session is shutting down') return
  say({ type: 'trouble', text: error instanceof Error ? (error.stack ?? error.message) : String(error) })
})
