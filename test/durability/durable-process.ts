import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { isRecord } from '../../src/protocol/json.ts'
import { childEnv } from '../support/cli.ts'
import { storedIn, type StoredSession } from './stored-session.ts'
import { builtProgram } from '../support/built-program.ts'

const script = await builtProgram(new URL('durable-agent.ts', import.meta.url))

type Line = Readonly<Record<string, unknown>>

/** The process of `durable-agent.ts`, seen from a test. */
export class DurableAgent {
  readonly #stored: StoredSession
  readonly #process: ChildProcessWithoutNullStreams
  readonly #lines: Line[] = []
  #arrived = Promise.withResolvers<void>()
  #requests = 0

  private constructor(stored: StoredSession) {
    this.#stored = stored
    this.#process = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, stored.location], {
      env: childEnv(),
    })
    this.#process.stderr.pipe(process.stderr)
    createInterface({ input: this.#process.stdout }).on('line', (text) => {
      const line: unknown = JSON.parse(text)
      if (isRecord(line)) this.#lines.push(line)
      this.#arrived.resolve()
      this.#arrived = Promise.withResolvers()
    })
  }

  /** Starts an agent with a session; a string is the folder of its storage. */
  static async start(stored: StoredSession | string): Promise<DurableAgent> {
    const agent = new DurableAgent(typeof stored === 'string' ? storedIn(stored) : stored)
    await agent.#line((line) => 'opened' in line)
    return agent
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** The tools and keys of the calls so far, in order. */
  get calls(): readonly string[] {
    return this.#lines.flatMap(({ called, tool }) =>
      typeof called === 'string' && typeof tool === 'string' ? [`${tool} ${called}`] : [],
    )
  }

  get notifications(): readonly unknown[] {
    return this.#lines.flatMap(({ notified }) => (notified === undefined ? [] : [notified]))
  }

  /** Resolves when `count` calls have reached their tools. */
  async called(count: number): Promise<void> {
    await this.#line(() => this.calls.length >= count)
  }

  answer(key: string, value: unknown): void {
    this.#write({ answer: key, value })
  }

  /** Calls a method of the session and returns the outcome. */
  async ask(method: 'execute' | 'observe' | 'terminate', subject: string, options: object = {}): Promise<unknown> {
    const id = ++this.#requests
    this.#write({ id, method, args: [subject, { yieldTimeMs: 600_000, ...options }] })
    const line = await this.#line((candidate) => candidate['id'] === id)
    return line['result'] ?? `rejected with ${String(line['error'])}`
  }

  /** Makes the process copy a folder, which opens and closes every file in it. */
  async copy(folder: string): Promise<void> {
    const id = ++this.#requests
    this.#write({ id, read: folder })
    await this.#line((line) => line['id'] === id)
  }

  /** Pauses the process. Returns a function that resumes it. */
  pause(): () => void {
    this.#process.kill('SIGSTOP')
    return () => void this.#process.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    const gone = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await gone
    await this.#stored.endLeases()
  }

  /** Lets the process exit by itself, without closing its session. */
  async end(): Promise<void> {
    const gone = once(this.#process, 'exit')
    this.#process.stdin.end()
    await gone
    await this.#stored.endLeases()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await this.kill()
  }

  #write(value: object): void {
    this.#process.stdin.write(`${JSON.stringify(value)}\n`)
  }

  async #line(matches: (line: Line) => boolean): Promise<Line> {
    for (;;) {
      const found = this.#lines.find(matches)
      if (found !== undefined) return found
      await this.#arrived.promise
    }
  }
}
