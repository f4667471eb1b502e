import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { builtProgram } from '../support/built-program.ts'
import { parseFromAgent, type AgentOrder, type FromAgent, type ToAgent } from './messages.ts'

const agentFile = await builtProgram(new URL('agent.ts', import.meta.url))

export type AgentStart = {
  /** The targets of its fault orders and its socket. */
  readonly folder: string
  /** Distinguishes it from the other processes of the scenario. */
  readonly number: number
  readonly order: Omit<AgentOrder, 'socket'>
}

/** A process of the agent from outside: messages to it, messages from it, and faults. */
export class AgentProcess {
  /** Resolves when the process has ended and all its messages have arrived. */
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  #socket: Socket | null = null
  #onMessage: (message: FromAgent) => void = () => undefined
  /** Messages to send later; null: messages are sent at once. */
  #held: ToAgent[] | null = null
  #said = ''

  private constructor(child: ChildProcess, server: Server) {
    this.#child = child
    child.stderr?.on('data', (chunk: Buffer) => (this.#said += chunk.toString()))
    server.on('connection', (socket) => this.#serve(socket))
    this.ended = once(child, 'close').then(() => closed(server))
  }

  static async start({ folder, number, order }: AgentStart): Promise<AgentProcess> {
    const socket = join(folder, `socket-${number}`)
    const server = createServer().listen(socket)
    await once(server, 'listening')
    const orderFile = join(folder, `order-${number}.json`)
    writeFileSync(orderFile, JSON.stringify({ ...order, socket }))
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', agentFile, orderFile], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    return new AgentProcess(child, server)
  }

  /** Calls `callback` with every message from this point on. */
  listen(callback: (message: FromAgent) => void): void {
    this.#onMessage = callback
  }

  #serve(socket: Socket): void {
    this.#socket = socket
    socket.on('error', () => undefined)
    const lines = createInterface({ input: socket })
    // A process that was killed may leave its end of the connection in any state.
    lines.on('error', () => undefined)
    lines.on('line', (line) => this.#onMessage(messageIn(line)))
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Its standard error. */
  get said(): string {
    return this.#said
  }

  say(message: ToAgent): void {
    if (this.#held === null) this.sayNow(message)
    else this.#held.push(message)
  }

  /** Sends a message even while others are held back. Returns false when the process is gone. */
  sayNow(message: ToAgent): boolean {
    if (this.#socket?.writable !== true) return false
    this.#socket.write(`${JSON.stringify(message)}\n`)
    return true
  }

  hold(): void {
    this.#held ??= []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const message of held) this.sayNow(message)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  killHosts(): void {
    for (const host of childrenOf(this.#child.pid ?? 0)) kill(host)
  }

  /** Suspends the process; it has stopped when this returns. */
  pause(): void {
    this.hold()
    this.#child.kill('SIGSTOP')
    const { pid = 0 } = this.#child
    while (!this.hasEnded && /^[^TZ]/.test(ps(['-o', 'stat=', '-p', String(pid)]))) continue
  }

  resume(): void {
    this.#child.kill('SIGCONT')
  }
}

function messageIn(line: string): FromAgent {
  try {
    return parseFromAgent(line)
  } catch (error) {
    return { type: 'trouble', text: `${String(error)} in ${line.slice(0, 300)}` }
  }
}

/** Returns the processes that a process has started. */
function childrenOf(parent: number): readonly number[] {
  return ps(['-A', '-o', 'pid=,ppid='])
    .split('\n')
    .flatMap((line) => {
      const [pid, ppid] = line.trim().split(/\s+/).map(Number)
      return ppid === parent && pid !== undefined ? [pid] : []
    })
}

function ps(args: readonly string[]): string {
  return spawnSync('ps', args, { encoding: 'utf8' }).stdout
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
