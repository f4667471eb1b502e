import { readFileSync } from 'node:fs'
import { CodecellError, remoteHosts, type HostPool, type Session, type Tool } from '../../src/index.ts'
import { messageOf } from '../../src/errors.ts'
import {
  createNode,
  postgresStore,
  type NodeSessionOptions,
  type SessionNode,
  type SharedStore,
} from '../../src/store.ts'
import { LogStore } from '../../src/storage/shared/shared-store.ts'
import type { CellOutcome } from '../../src/session/api/outcome.ts'
import type { LedgerLine } from '../faults/messages.ts'
import {
  parseNodeOrder,
  parseToNode,
  type ClientRequest,
  type FromNode,
  type Question,
  type Reply,
  type SessionName,
  type ToNode,
} from './node-messages.ts'

// A node of the fleet: it opens sessions that clients ask for or that have work, and forwards calls of tools, notifications and
// responses. It can be killed, stopped or cut off at any time.

/** Time for which a session only waits before the node releases it, in milliseconds. */
const hibernateMs = 1200
/** Interval between looks for sessions that the node has opened by itself, in milliseconds. */
const lookMs = 25

const order = parseNodeOrder(readFileSync(process.argv[2] ?? '', 'utf8'))
const stores = new Map<string, SharedStore>()
const pools = new Map<string, HostPool>()
const nodes = new Map<string, SessionNode>()
/** The number of the latest opening of each session. */
const latest = new Map<string, number>()
const openingOf = new WeakMap<Session, number>()
/** The epochs of the openings. */
const epochs = new Map<number, number>()
/** The openings that were reported. */
const reported = new Set<number>()
const underWay = new Map<string, Promise<CellOutcome>>()
const calls = new Map<number, (answer: Extract<ToNode, { readonly type: 'answered' }>) => void>()
let callCount = 0
let openings = 0

function say(message: FromNode): void {
  process.send?.(message)
}

async function ask(make: (number: number) => FromNode): Promise<unknown> {
  const number = ++callCount
  const answered = new Promise<Extract<ToNode, { readonly type: 'answered' }>>((resolve) => calls.set(number, resolve))
  say(make(number))
  const { value, error } = await answered
  if (error !== null) throw new Error(error)
  return value
}

/** The store returns the epoch of a session with its log. */
const openLog = LogStore.openLog.bind(LogStore)
LogStore.openLog = async (store, id, options) => {
  const log = await openLog(store, id, options)
  const opening = latest.get(keyOf({ tenant: store.tenant, id }))
  if ('epoch' in log && opening !== undefined) epochs.set(opening, log.epoch)
  return log
}

function epochOf(opening: number): number {
  return epochs.get(opening) ?? 0
}

function toolsOf(session: SessionName, opening: number): readonly Tool[] {
  const tool = (name: string, rest: Partial<Tool> = {}): Tool => ({
    name,
    ...rest,
    call: (input, { key, epoch }) =>
      ask((number) => ({
        type: 'call',
        number,
        session,
        opening,
        key,
        epoch,
        tool: name,
        input: JSON.stringify(input),
      })),
  })
  return [
    tool('append'),
    tool('slow'),
    tool('refuse'),
    tool('put', { idempotent: true }),
    tool('read', { annotations: { readOnlyHint: true } }),
  ]
}

function found<Value>(values: ReadonlyMap<string, Value>, tenant: string): Value {
  const value = values.get(tenant)
  if (value === undefined) throw new Error(`there is no tenant ${tenant}`)
  return value
}

function keyOf({ tenant, id }: SessionName): string {
  return `${tenant}/${id}`
}

/** Reports a session that is open, once, and returns the number of its opening. */
function announce(name: SessionName, session: Session): number {
  const known = openingOf.get(session)
  if (known !== undefined) return known
  const opening = latest.get(keyOf(name)) ?? 0
  openingOf.set(session, opening)
  reported.add(opening)
  say({ type: 'opened', session: name, opening, epoch: epochOf(opening), ledger: ledgerOf(session) })
  return opening
}

function ledgerOf(opened: Session): readonly LedgerLine[] {
  return opened.ledger().map(({ key, state, identifier }) => ({ key, state, identifier }))
}

async function use<Result>(
  name: SessionName,
  work: (session: Session, opening: number) => Promise<Result>,
): Promise<Result> {
  return await found(nodes, name.tenant).use(name.id, (session) => work(session, announce(name, session)))
}

async function request({ session, requestId, cellId, source, yieldTimeMs }: ClientRequest): Promise<CellOutcome> {
  return await use(session, async (opened, opening) => {
    // A client that repeats a request shares the response.
    const key = `${keyOf(session)}/${requestId}/${opening}`
    const known = underWay.get(key)
    if (known !== undefined) return await known
    const options = { requestId, yieldTimeMs }
    const running = cellId === null ? opened.execute(source, options) : opened.observe(cellId, options)
    underWay.set(key, running)
    const outcome = await running.finally(() => underWay.delete(key))
    if (outcome.type === 'missing') throw new Error(`there is no cell ${outcome.cellId}`)
    say({ type: 'response', session, opening, epoch: epochOf(opening), requestId, outcome })
    return outcome
  })
}

async function replyTo(question: Question): Promise<Reply> {
  switch (question.type) {
    case 'request':
      return { type: 'outcome', outcome: await request(question) }
    case 'open':
      return await use(question.session, async () => ({ type: 'done' }))
    case 'describe':
      return await use(question.session, async (session) => {
        return { type: 'described', ledger: ledgerOf(session), cells: session.cells() }
      })
    case 'release':
      await use(question.session, async (session) => await session.close())
      return { type: 'done' }
    case 'ping':
      return { type: 'done' }
    default:
      return question satisfies never
  }
}

async function answer(number: number, question: Question): Promise<void> {
  const reply = await replyTo(question).catch((error: unknown): Reply => {
    return { type: 'refused', code: error instanceof CodecellError ? error.code : 'UNKNOWN', text: messageOf(error) }
  })
  say({ type: 'reply', number, reply })
}

async function close(): Promise<void> {
  const all = [...nodes.values(), ...pools.values(), ...stores.values()]
  for (const disposable of all) await disposable[Symbol.asyncDispose]()
  process.disconnect()
}

/** Reports the sessions that the node has opened because they were due. */
function look(): void {
  for (const [tenant, node] of nodes) {
    for (const id of node.openSessions()) {
      const name = { tenant, id }
      if (reported.has(latest.get(keyOf(name)) ?? 0)) continue
      void node.use(id, (session) => void announce(name, session)).catch(() => undefined)
    }
  }
}

function receive(message: ToNode): void {
  switch (message.type) {
    case 'question':
      return void answer(message.number, message.question)
    case 'answered':
      calls.get(message.number)?.(message)
      return void calls.delete(message.number)
    case 'close':
      return void close().catch((error: unknown) => say({ type: 'trouble', text: String(error) }))
    default:
      return message satisfies never
  }
}

function startTenant(tenant: string): void {
  const tls = () => ({
    cert: readFileSync(order.tls.cert, 'utf8'),
    key: readFileSync(order.tls.key, 'utf8'),
    ca: readFileSync(order.tls.ca, 'utf8'),
  })
  const onReport = (text: string): void => say({ type: 'report', text })
  const store = postgresStore(order.url, { tenant, address: order.name, leaseMs: order.leaseMs, onReport })
  const hosts = remoteHosts({ addresses: order.addresses, tls, tenant, min: 1, max: 2 })
  stores.set(tenant, store)
  pools.set(tenant, hosts)
  const session = (id: string): NodeSessionOptions => {
    const name = { tenant, id }
    const opening = ++openings
    latest.set(keyOf(name), opening)
    return {
      hosts,
      tools: toolsOf(name, opening),
      onNotification: ({ cellId, text }) =>
        ask((number) => ({ type: 'notify', number, session: name, opening, epoch: epochOf(opening), cellId, text })),
    }
  }
  // The store is away now and then.
  nodes.set(tenant, createNode({ store, session, hibernateMs, maxOwnerWaitMs: 0, onError: () => undefined }))
}

for (const tenant of order.tenants) startTenant(tenant)
setInterval(look, lookMs).unref()
process.on('message', (value) => receive(parseToNode(value)))
process.on('disconnect', () => process.exit(0))
say({ type: 'ready' })
