import { closeSync, openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { CodecellError, createHostPool, createSession, type Session, type Tool } from '../../src/index.ts'
import { postgresStore, type SharedStore } from '../../src/store.ts'
import { AppendFile } from '../../src/storage/disk/files/append-file.ts'
import { SessionDatabase } from '../../src/storage/disk/database/database.ts'
import { DiskCellStore } from '../../src/storage/disk/disk-cell-store.ts'
import { DiskLedger } from '../../src/storage/disk/database/disk-ledger.ts'
import type { CellOutcome } from '../../src/session/api/outcome.ts'
import { LinkedHosts } from '../support/links/linked-hosts.ts'
import {
  parseOrder,
  parseToAgent,
  type AgentOrder,
  type FromAgent,
  type LedgerLine,
  type Sabotage,
  type ToAgent,
} from './messages.ts'

// The process of the agent in a scenario: it opens the session, makes the requests without a response, and forwards its
// responses. It can be killed at any time; everything that must survive is in the storage, and with the process that
// started it.

const order = parseOrder(readFileSync(process.argv[2] ?? '', 'utf8'))
const socket = connect(order.socket)
const waiting = new Map<number, (answer: Extract<ToAgent, { readonly type: 'answered' }>) => void>()
let count = 0
let session: Session | null = null
let links: LinkedHosts | null = null
const store = order.store === null ? null : storeOf(order.store)

function storeOf({ url, ...options }: NonNullable<AgentOrder['store']>): SharedStore {
  return postgresStore(url, options)
}

function say(message: FromAgent): void {
  socket.write(`${JSON.stringify(message)}\n`)
}

createInterface({ input: socket }).on('line', (line) => {
  const message = parseToAgent(line)
  switch (message.type) {
    case 'close':
      return void close()
    case 'open-lease':
      // Like anything that copies the directory from within this process: the system then releases all locks that the
      // process has on it.
      closeSync(openSync(join(order.folder, 'scenario', 'lease.db'), 'r'))
      return say({ type: 'lease-opened' })
    case 'cut':
      return void links?.relay.cut(message.cut)
    case 'ping':
      return say({ type: 'pong' })
    case 'answered':
      waiting.get(message.number)?.(message)
      return void waiting.delete(message.number)
    default:
      return message satisfies never
  }
})
socket.on('close', () => process.exit(0))

async function close(): Promise<void> {
  await session?.close()
  await store?.[Symbol.asyncDispose]()
  say({ type: 'closed' })
  socket.end()
}

async function ask(make: (number: number) => FromAgent): Promise<unknown> {
  const number = ++count
  const answered = new Promise<Extract<ToAgent, { readonly type: 'answered' }>>((resolve) =>
    waiting.set(number, resolve),
  )
  say(make(number))
  const { value, error } = await answered
  if (error !== null) throw new Error(error)
  return value
}

function tool(name: string, rest: Partial<Tool> = {}): Tool {
  return {
    name,
    ...rest,
    call: (input, { key }) =>
      ask((number) => ({ type: 'call', number, key, tool: name, input: JSON.stringify(input) })),
  }
}

function sabotage(what: Sabotage | null): void {
  if (what === 'starts-unrecorded') DiskLedger.prototype.recordStart = () => undefined
  if (what === 'answers-unrecorded') DiskCellStore.prototype.recordResponse = () => undefined
  if (what === 'commands-unrecorded') AppendFile.prototype.add = () => true
  if (what === 'owner-unchecked') SessionDatabase.prototype.checkOwner = () => undefined
}

/** Runs one program from its first request to its last; requests with a response are not made again. */
async function run(opened: Session, name: string, source: string): Promise<void> {
  let cellId: string | null = null
  for (let turn = 0; ; turn++) {
    const requestId = `${name}-${turn}`
    const options = { requestId, yieldTimeMs: 25 + ((turn * 37) % 120) }
    const known = order.received[requestId]
    const outcome: CellOutcome =
      known ?? (await (cellId === null ? opened.execute(source, options) : opened.observe(cellId, options)))
    if (known === undefined) say({ type: 'answer', requestId, outcome })
    cellId = outcome.cellId
    if (outcome.type !== 'yielded') return
  }
}

/** Repeats an opening while the store is away. */
async function reached(open: () => Promise<Session>): Promise<Session> {
  for (;;) {
    try {
      return await open()
    } catch (error) {
      if (!CodecellError.is(error, 'STORE_UNREACHABLE')) throw error
    }
    // waits because the store comes back by itself
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function main(): Promise<void> {
  sabotage(order.sabotage)
  const tools = [
    tool('append'),
    tool('slow'),
    tool('refuse'),
    tool('put', { idempotent: true }),
    tool('read', { annotations: { readOnlyHint: true } }),
  ]
  const { engine } = order
  const poolOptions = order.isNarrow ? { engine, size: 1, maxCells: 1 } : { engine }
  if (order.isLinked) links = await LinkedHosts.start(poolOptions)
  session = await reached(() =>
    createSession({
      hosts: links?.pool ?? createHostPool(poolOptions),
      ...(store === null ? { storage: { dir: order.folder, fsync: order.sync } } : { store }),
      sessionId: 'scenario',
      tools,
      onNotification: ({ cellId, text }) => ask((number) => ({ type: 'notify', number, cellId, text })),
    }),
  )
  const opened = session
  say({ type: 'opened', ledger: ledgerOf(opened) })
  await Promise.all(
    order.lanes.map(async (programs, lane) => {
      for (const [at, source] of programs.entries()) await run(opened, `lane-${lane}-${at}`, source)
    }),
  )
  await run(opened, 'last', order.last)
  say({ type: 'over', ledger: ledgerOf(opened), cells: opened.cells() })
}

function ledgerOf(opened: Session): readonly LedgerLine[] {
  return opened.ledger().map(({ key, state, identifier }) => ({ key, state, identifier }))
}

main().catch((error: unknown) => {
  if (error instanceof Error && error.message === 'code mode session is shutting down') return
  const code = error instanceof CodecellError ? error.code : null
  if (code === 'SESSION_LOST') return say({ type: 'lost' })
  if (code === 'SESSION_IN_USE') {
    say({ type: 'refused' })
    socket.end()
    return
  }
  say({ type: 'trouble', text: error instanceof Error ? (error.stack ?? error.message) : String(error) })
})
