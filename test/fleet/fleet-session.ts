import type { CellOutcome } from '../../src/session/api/outcome.ts'
import type { Programs } from '../faults/programs.ts'
import type { SeededRandom } from '../faults/random.ts'
import type { ScenarioEnd } from '../faults/scenario-end.ts'
import { delayOf } from '../faults/tool-record.ts'
import { Witness } from '../faults/witness.ts'
import type { FleetNode } from './fleet-node.ts'
import type { ClientRequest, FromNode, Reply, SessionName } from './node-messages.ts'

/** An opening of the session by a node. Its number is its epoch. `losing`: another node has opened it, and earlier messages may still arrive. */
type Opening = {
  readonly number: number
  readonly knew: ReadonlySet<string>
  readonly node: FleetNode
  standing: 'owner' | 'losing' | 'lost'
}

/** The points in the life of a session at which faults strike. */
export const moments = ['opened', 'request', 'before-reply', 'replied', 'received', 'notified'] as const

export type Moment = (typeof moments)[number]

export type FleetSessionOptions = {
  readonly name: SessionName
  readonly programs: Programs
  readonly random: SeededRandom
  /** The nodes behind the load balancer. */
  readonly nodes: () => readonly FleetNode[]
  readonly at: (moment: Moment, node: FleetNode) => void
  /** Called for each call of a tool, to look for its record. */
  readonly onCall: (session: FleetSession, key: string) => void
}

/** Replies after which a client sends its request again. */
const retried = new Set([
  'SESSION_IN_USE',
  'SESSION_LOST',
  'SESSION_CLOSED',
  'STORE_UNREACHABLE',
  'CELL_BUSY',
  'HOST_START_FAILED',
])

/** How long a client waits for a response beyond its yield time, in milliseconds. */
const patienceMs = 5000

type SessionMessage = Extract<FromNode, { readonly opening: number }>

/** A session as its clients and tools see it. They outlive all nodes. */
export class FleetSession {
  readonly name: SessionName
  readonly witness: Witness = new Witness()
  /** When each call arrived first, by its tool and input; on the monotonic clock, in milliseconds. */
  readonly firstCalls: Map<string, number> = new Map()
  /** Events in order, for the report of a failure. */
  readonly history: string[] = []
  readonly #options: FleetSessionOptions
  readonly #openings = new Map<string, Opening>()
  #owner: Opening | null = null
  #isAbandoned = false

  constructor(options: FleetSessionOptions) {
    this.#options = options
    this.name = options.name
  }

  /** The node that opened the session last. */
  get owner(): FleetNode | null {
    return this.#owner?.node ?? null
  }

  get openingCount(): number {
    return this.#openings.size
  }

  /** Whether the clients have stopped before the end of the programs. */
  get isAbandoned(): boolean {
    return this.#isAbandoned
  }

  /** Stops the clients. */
  abandon(trouble: string): void {
    if (this.#isAbandoned) return
    this.#isAbandoned = true
    this.witness.troubles.push(trouble)
  }

  /** Makes all requests of the programs, each until a response has arrived. */
  async run(): Promise<void> {
    const { lanes, last } = this.#options.programs
    await Promise.all(
      lanes.map(async (programs, lane) => {
        for (const [at, source] of programs.entries()) await this.#runProgram(`lane-${lane}-${at}`, source)
      }),
    )
    await this.#runProgram('last', last)
  }

  async #runProgram(name: string, source: string): Promise<void> {
    let cellId: string | null = null
    for (let turn = 0; !this.#isAbandoned; turn++) {
      const yieldTimeMs = 40 + ((turn * 37) % 200)
      const outcome = await this.#request({
        session: this.name,
        requestId: `${name}-${turn}`,
        cellId,
        source,
        yieldTimeMs,
      })
      if (outcome === null) return
      cellId = outcome.cellId
      if (outcome.type !== 'yielded') return
    }
  }

  /** Sends a request to nodes that the balancer picks, until a response counts. Returns null when the client gives up. */
  async #request(request: ClientRequest): Promise<CellOutcome | null> {
    let hint: string | null = null
    while (!this.#isAbandoned) {
      const nodes = this.#options.nodes()
      const node: FleetNode = nodes.find(({ name }) => name === hint) ?? this.#options.random.pick(nodes)
      const isHinted: boolean = node.name === hint
      const reply: Reply | null = await within(
        node.ask({ type: 'request', ...request }),
        request.yieldTimeMs + patienceMs,
      )
      this.note(`${node.name} replied to ${request.requestId}: ${textOf(reply)}`)
      const received = this.witness.received.get(request.requestId)
      if (received !== undefined) return received
      hint = isHinted ? null : holderIn(reply)
      if (reply?.type === 'refused' && !isRetried(reply)) {
        this.witness.troubles.push(`${request.requestId} was refused: ${reply.code} ${reply.text}`)
        return null
      }
      if (hint === null) await pause(reply === null ? 20 : 150)
    }
    return null
  }

  note(text: string): void {
    this.history.push(`${(performance.now() / 1000).toFixed(2)} ${text}`)
  }

  /** Handles a message of a node about this session. */
  receive(node: FleetNode, message: SessionMessage): void {
    const key = `${node.incarnation}/${message.opening}`
    const opening = this.#openings.get(key) ?? this.#open(key, node, message.epoch)
    const { at } = this.#options
    this.note(`${node.name}#${node.incarnation} ${opening.standing} of epoch ${opening.number}: ${labelOf(message)}`)
    switch (message.type) {
      case 'opened':
        if (opening.standing !== 'owner') return
        this.witness.opened(opening, message.ledger)
        return at('opened', node)
      case 'call':
        return this.#called(opening, message)
      case 'notify':
        this.witness.told(opening, message)
        at('notified', node)
        return node.answer(message.number, { value: null, error: null })
      case 'response':
        this.witness.answered(opening, { ...message, type: 'answer' })
        return at('received', node)
      default:
        return message satisfies never
    }
  }

  #open(key: string, node: FleetNode, epoch: number): Opening {
    const before = this.#owner
    const opening: Opening = { number: epoch, knew: new Set(), node, standing: 'owner' }
    this.#openings.set(key, opening)
    // A node that was stopped may report its opening late.
    if (before !== null && before.number > epoch) this.#lose(opening)
    else {
      this.#owner = opening
      if (before !== null) this.#lose(before)
    }
    return opening
  }

  /** Messages that a node has sent before it read a message of now may be about a time when it had the session. */
  #lose(opening: Opening): void {
    opening.standing = 'losing'
    void opening.node.ask({ type: 'ping' }).then(() => (opening.standing = 'lost'))
  }

  #called(opening: Opening, { key, tool, input, number }: Extract<SessionMessage, { readonly type: 'call' }>): void {
    const { at, onCall } = this.#options
    const { node } = opening
    const name = `${tool} ${input}`
    if (!this.firstCalls.has(name)) this.firstCalls.set(name, performance.now())
    onCall(this, key)
    const answer = this.witness.called(opening, { key, tool, input })
    at('request', node)
    if (answer === null) return
    setTimeout(() => {
      at('before-reply', node)
      node.answer(number, answer)
      at('replied', node)
    }, delayOf({ key, tool, input }))
  }

  /** Returns the state at the end, from a node that has the session. */
  async end(): Promise<ScenarioEnd> {
    const described = await this.#describe()
    this.witness.close()
    const { tools, received, notified, troubles } = this.witness
    const { ledger, cells: openCells } = described ?? { ledger: [], cells: [] }
    if (described === null) troubles.push('no node can open the session at the end')
    const fault = { target: 'agent', moment: 'request', number: 1, afterMs: 0, damage: 'none', resumeAfter: 0 } as const
    const struck = [{ fault, came: null }]
    return { isShared: true, tools, received, notified, ledger, openCells, struck, troubles }
  }

  async #describe(): Promise<Extract<Reply, { readonly type: 'described' }> | null> {
    let refusal = ''
    for (let attempt = 0; attempt < 150; attempt++) {
      const node = this.#options.random.pick(this.#options.nodes())
      const reply: Reply | null = await within(node.ask({ type: 'describe', session: this.name }), patienceMs)
      if (reply?.type === 'described') return reply
      if (reply?.type === 'refused') refusal = `${reply.code} ${reply.text}`
      await pause(100)
    }
    this.witness.troubles.push(`the last refusal: ${refusal}`)
    return null
  }
}

function isRetried({ code, text }: Extract<Reply, { readonly type: 'refused' }>): boolean {
  // Its session was closed while the store was away.
  const isClosed = code === 'STORAGE_FAILED' && text.includes('before the session closed')
  return isClosed || retried.has(code)
}

function labelOf(message: SessionMessage): string {
  switch (message.type) {
    case 'opened':
      return 'opened'
    case 'call':
      return `call ${message.key}: ${message.tool} ${message.input.slice(0, 60)}`
    case 'notify':
      return `notify ${message.text}`
    case 'response':
      return `response to ${message.requestId}: ${message.outcome.type}`
    default:
      return message satisfies never
  }
}

function textOf(reply: Reply | null): string {
  if (reply === null) return 'nothing'
  return reply.type === 'refused' ? `${reply.code} ${reply.text}` : reply.type
}

/** Returns the name of the node that has the session, from the error of another one. */
function holderIn(reply: Reply | null): string | null {
  if (reply?.type !== 'refused' || reply.code !== 'SESSION_IN_USE') return null
  return /the node at (\S+) has it open/.exec(reply.text)?.[1] ?? null
}

/** Returns null when the result comes too late. */
async function within<Value>(result: Promise<Value>, ms: number): Promise<Value | null> {
  let timer: NodeJS.Timeout | null = null
  // waits because a reply may not come
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms)
  })
  try {
    return await Promise.race([result, late])
  } finally {
    if (timer !== null) clearTimeout(timer)
  }
}

export async function pause(ms: number): Promise<void> {
  // waits because clients repeat requests at a pace of their own
  await new Promise((resolve) => setTimeout(resolve, ms))
}
