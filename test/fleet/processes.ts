import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { onMachine, type Machine } from './network.ts'

/** A Node process on a machine of the network: messages to it, messages from it, and signals. */
export class MachineProcess {
  /** Resolves when the process has ended and all its messages have arrived. */
  readonly ended: Promise<void>
  readonly child: ChildProcess
  /** Emits `data` for each of its standard streams. */
  readonly #output = new EventEmitter()
  #said = ''
  #isPaused = false

  constructor(machine: Machine, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const [program, all] = onMachine(machine, [process.execPath, ['--disable-warning=ExperimentalWarning', ...args]])
    this.child = spawn(program, all, {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#said = (this.#said + chunk.toString()).slice(-20_000)
        this.#output.emit('data')
      })
    }
    // A message to a process that has ended is lost, as on any other way.
    this.child.on('error', () => undefined)
    this.ended = once(this.child, 'close').then(() => undefined)
  }

  /** The end of its output. */
  get said(): string {
    return this.#said
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  get isPaused(): boolean {
    return this.#isPaused && !this.hasEnded
  }

  send(message: object): void {
    if (this.child.connected) this.child.send(message, () => undefined)
  }

  /** Resolves when the process has printed this text. */
  async printed(text: string): Promise<void> {
    while (!this.#said.includes(text)) {
      if (this.hasEnded) throw new Error(`a process ended without printing "${text}": ${this.#said}`)
      await Promise.race([once(this.#output, 'data'), this.ended])
    }
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.child.kill(signal)
  }

  /** Suspends the process; it has stopped when this returns. */
  pause(): void {
    if (this.hasEnded) return
    this.#isPaused = true
    this.child.kill('SIGSTOP')
    const { pid = 0 } = this.child
    while (!this.hasEnded && /^[^TZ]/.test(ps(['-o', 'stat=', '-p', String(pid)]))) continue
  }

  resume(): void {
    this.#isPaused = false
    this.child.kill('SIGCONT')
  }

  /** Kills one process that this one has started. Returns false when there is none. */
  killChild(pick: (pids: readonly number[]) => number): boolean {
    const children = ps(['-o', 'pid=', '--ppid', String(this.child.pid ?? 0)])
      .split('\n')
      .flatMap((line) => (line.trim() === '' ? [] : [Number(line)]))
    if (children.length === 0) return false
    try {
      process.kill(pick(children), 'SIGKILL')
      return true
    } catch {
      return false
    }
  }

  async end(): Promise<void> {
    if (!this.hasEnded) this.child.kill('SIGKILL')
    await this.ended
  }
}

function ps(args: readonly string[]): string {
  return spawnSync('ps', args, { encoding: 'utf8' }).stdout
}
