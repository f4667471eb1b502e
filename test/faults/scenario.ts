import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Outcome } from '../../src/session/outcome.ts'
import { builtProgram } from '../support/built-program.ts'
import { damageFolder } from './damage.ts'
import type { Fault, FaultPlan, Moment } from './fault-plan.ts'
import {
  parseFromAgent,
  type AgentOrder,
  type FromAgent,
  type LedgerLine,
  type Sabotage,
  type ToAgent,
} from './messages.ts'
import type { Programs } from './programs.ts'
import { SeededRandom } from './random.ts'
import { delayOf, ToolRecord } from './tool-record.ts'

export type ScenarioOptions = {
  readonly folder: string
  readonly programs: Programs
  readonly plan: FaultPlan
  readonly seed: number
  readonly sabotage?: Sabotage | null
}

/** What is left when a scenario is over, as those see it who outlived every process. */
export type ScenarioEnd = {
  readonly tools: ToolRecord
  readonly received: ReadonlyMap<string, Outcome>
  /** Texts by cell, in the order in which they came. */
  readonly notified: ReadonlyMap<string, readonly string[]>
  readonly ledger: readonly LedgerLine[]
  readonly openCells: readonly string[]
  readonly struck: readonly Fault[]
  readonly troubles: readonly string[]
}

/** How long an agent's process may say nothing at all before the scenario is given up, in milliseconds. */
const silenceMs = 40_000

const agentFile = builtProgram(new URL('agent.ts', import.meta.url))

/** Runs the programs of a scenario to their end, in as many processes as the faults of its plan make necessary. */
export async function runScenario(options: ScenarioOptions): Promise<ScenarioEnd> {
  mkdirSync(options.folder, { recursive: true })
  const stage = new Stage(options)
  return await stage.play()
}

class Stage {
  readonly #options: ScenarioOptions
  readonly #random: SeededRandom
  readonly #tools = new ToolRecord()
  readonly #received = new Map<string, Outcome>()
  readonly #notified = new Map<string, string[]>()
  readonly #troubles: string[] = []
  readonly #struck: Fault[] = []
  readonly #counts = new Map<Moment, number>()
  #ledger: readonly LedgerLine[] = []
  #openCells: readonly string[] = []
  #isOver = false
  #agent: ChildProcess | null = null
  #socket: Socket | null = null
  #hasStruck = false

  constructor(options: ScenarioOptions) {
    this.#options = options
    this.#random = new SeededRandom(options.seed)
  }

  async play(): Promise<ScenarioEnd> {
    const path = join(this.#options.folder, 'socket')
    rmSync(path, { force: true })
    const server = createServer((socket) => this.#serve(socket))
    server.listen(path)
    await once(server, 'listening')
    const { faults } = this.#options.plan
    for (let at = 0; !this.#isOver && this.#troubles.length === 0 && at < faults.length + 3; at++) {
      await this.#generation(path, faults[at] ?? null)
    }
    await closed(server)
    if (!this.#isOver && this.#troubles.length === 0) this.#troubles.push('the programs did not come to their end')
    return {
      tools: this.#tools,
      received: this.#received,
      notified: this.#notified,
      ledger: this.#ledger,
      openCells: this.#openCells,
      struck: this.#struck,
      troubles: this.#troubles,
    }
  }

  /** One process of the agent, from its start to its end. */
  async #generation(socket: string, fault: Fault | null): Promise<void> {
    this.#counts.clear()
    this.#hasStruck = false
    this.#fault = fault
    const orderFile = join(this.#options.folder, 'order.json')
    writeFileSync(orderFile, JSON.stringify(this.#order(socket)))
    const agent = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', agentFile, orderFile], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#agent = agent
    let said = ''
    agent.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const silence = setTimeout(() => {
      this.#troubles.push('an agent did not come to its end in time')
      agent.kill('SIGKILL')
    }, silenceMs)
    this.#at('start')
    await once(agent, 'close')
    clearTimeout(silence)
    const socketNow = this.#socket
    if (socketNow !== null && !socketNow.closed) await once(socketNow, 'close')
    this.#socket = null
    if (this.#isOver || this.#troubles.length > 0) return
    if (!this.#hasStruck) this.#troubles.push(`an agent ended by itself: ${said}`)
    if (fault !== null) damageFolder(join(this.#options.folder, 'sessions', 'scenario'), fault.damage, this.#random)
  }

  #fault: Fault | null = null

  #order(socket: string): AgentOrder {
    const { folder, programs, plan, sabotage = null } = this.#options
    const received = Object.fromEntries(this.#received)
    const { sync, isNarrow } = plan
    return { socket, folder: join(folder, 'sessions'), sync, isNarrow, sabotage, ...programs, received }
  }

  #serve(socket: Socket): void {
    this.#socket = socket
    socket.on('error', () => undefined)
    const lines = createInterface({ input: socket })
    // A process that was killed may leave its end of the connection in any state.
    lines.on('error', () => undefined)
    lines.on('line', (line) => {
      try {
        this.#heard(parseFromAgent(line), socket)
      } catch (error) {
        this.#troubles.push(`${String(error)} in ${line.slice(0, 300)}`)
      }
    })
  }

  #heard(message: FromAgent, socket: Socket): void {
    const say = (answer: ToAgent): void => void (socket.writable && socket.write(`${JSON.stringify(answer)}\n`))
    switch (message.type) {
      case 'opened':
        this.#compareLedger(new Set(message.keys))
        return this.#at('opened')
      case 'call':
        return this.#called(message, say)
      case 'answer':
        if (this.#received.has(message.requestId)) this.#troubles.push(`${message.requestId} was asked again`)
        this.#received.set(message.requestId, message.outcome)
        return this.#at('received')
      case 'notify': {
        const texts = this.#notified.get(message.cellId) ?? []
        this.#notified.set(message.cellId, [...texts, message.text])
        this.#at('notified')
        return say({ type: 'answered', number: message.number, value: null, error: null })
      }
      case 'over':
        this.#isOver = true
        this.#ledger = message.ledger
        this.#openCells = message.cells
        return say({ type: 'close' })
      case 'closed':
        return
      case 'trouble':
        this.#troubles.push(message.text)
        return void this.#agent?.kill('SIGKILL')
      default:
        return message satisfies never
    }
  }

  /** What a tool has seen is on the ledger of the next process. */
  #compareLedger(keys: ReadonlySet<string>): void {
    const unlisted = this.#tools.requests.filter(({ key }) => !keys.has(key))
    for (const { key } of unlisted) this.#troubles.push(`${key} is on no ledger when the next process opens it`)
  }

  #called(message: Extract<FromAgent, { readonly type: 'call' }>, say: (answer: ToAgent) => void): void {
    const { key, tool, input, number } = message
    const answer = this.#tools.take({ key, tool, input })
    this.#at('request')
    setTimeout(() => {
      this.#at('before-reply')
      say({ type: 'answered', number, ...answer })
      this.#at('replied')
    }, delayOf({ key, tool, input }))
  }

  /** Something has happened: is it the moment of the fault? */
  #at(moment: Moment): void {
    const number = (this.#counts.get(moment) ?? 0) + 1
    this.#counts.set(moment, number)
    const fault = this.#fault
    if (fault === null || fault.moment !== moment || fault.number !== number) return
    if (fault.afterMs === 0) this.#strike(fault)
    else setTimeout(() => this.#strike(fault), fault.afterMs)
  }

  #strike(fault: Fault): void {
    const agent = this.#agent
    if (this.#isOver || agent === null || fault !== this.#fault || agent.exitCode !== null || agent.killed) return
    this.#struck.push(fault)
    if (fault.target === 'close') {
      this.#hasStruck = true
      const text: ToAgent = { type: 'close' }
      if (this.#socket?.writable !== true || !this.#socket.write(`${JSON.stringify(text)}\n`)) agent.kill('SIGKILL')
      return
    }
    if (fault.target !== 'agent') for (const host of childrenOf(agent.pid ?? 0)) kill(host)
    if (fault.target === 'host') return
    this.#hasStruck = true
    agent.kill('SIGKILL')
  }
}

/** The processes that a process has started. */
function childrenOf(parent: number): readonly number[] {
  const listed = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).stdout
  return listed.split('\n').flatMap((line) => {
    const [pid, ppid] = line.trim().split(/\s+/).map(Number)
    return ppid === parent && pid !== undefined ? [pid] : []
  })
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}

async function closed(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve))
}

export function removeFolder(folder: string): void {
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true })
}
