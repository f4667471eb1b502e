import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { isRecord } from '../../src/protocol/json.ts'
import { builtProgram } from '../support/built-program.ts'
import { childEnv } from '../support/cli.ts'

const script = await builtProgram(new URL('node-agent.ts', import.meta.url))

type Line = Readonly<Record<string, unknown>>

/** The process of `node-agent.ts`, seen from a test. It is killed when the test ends. */
export class NodeProcess {
  readonly #process: ChildProcessWithoutNullStreams
  readonly ended: Promise<unknown>
  readonly lines: Line[] = []

  constructor(location: string) {
    this.#process = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, location], {
      env: childEnv(),
    })
    this.ended = once(this.#process, 'exit')
    this.#process.stderr.pipe(process.stderr)
    createInterface({ input: this.#process.stdout }).on('line', (text) => {
      const line: unknown = JSON.parse(text)
      if (isRecord(line)) this.lines.push(line)
    })
    onTestFinished(() => this.kill())
  }

  /** The values of a member of all lines that have it. */
  all(member: string): readonly unknown[] {
    return this.lines.flatMap((line) => (member in line ? [line[member]] : []))
  }

  /** Uses a session: starts a cell, or with null observes its first one. */
  use(sessionId: string, source: string | null): void {
    this.#process.stdin.write(`${JSON.stringify({ use: sessionId, source })}\n`)
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  async kill(): Promise<void> {
    if (!this.isRunning) return
    this.#process.kill('SIGKILL')
    await this.ended
  }

  /** Lets the process dispose its node, and end. */
  async end(): Promise<void> {
    this.#process.stdin.end()
    await this.ended
  }
}
