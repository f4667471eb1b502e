import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Duplex, type Readable, type Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { childEnv } from '../support/cli.ts'
import { FramedClient } from './framed-client.ts'

const bin = fileURLToPath(new URL('../../bin/codecell.js', import.meta.url))

export type Exit = { readonly code: number | null; readonly signal: string | null }

/** `codecell codex-host` as an agent starts it, with a framed client. */
export class HostProcess implements AsyncDisposable {
  readonly client: FramedClient
  readonly exit: Promise<Exit>
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  errorText = ''

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [bin, 'codex-host'], { stdio: ['pipe', 'pipe', 'pipe'], env: childEnv(env) })
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.errorText += chunk.toString()
    })
    this.exit = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => resolve({ code, signal }))
    })
    this.#child.stdin.on('error', () => undefined)
    this.client = new FramedClient(Duplex.from({ readable: this.#child.stdout, writable: this.#child.stdin }))
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Returns the processes in which its cells run. Linux only. */
  get hostPids(): readonly number[] {
    const { pid } = this.#child
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return children === '' ? [] : children.split(' ').map(Number)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exit
  }
}
