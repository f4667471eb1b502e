import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Duplex, type Readable, type Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { childEnv } from '../support/cli.ts'
import { FramedClient } from './framed-client.ts'
import { GrpcClient } from './grpc-client.ts'

const bin = fileURLToPath(new URL('../../bin/codecell.js', import.meta.url))

export type Exit = { readonly code: number | null; readonly signal: string | null }

type HostProcessOptions = {
  /** The value of `--listen`; none means the framed protocol. */
  readonly listen?: string
  readonly env?: Readonly<Record<string, string>>
  /** The executable of another host. Default: `codecell codex-host`. */
  readonly executable?: string
}

/** `codecell codex-host` as an agent starts it. */
export class HostProcess implements AsyncDisposable {
  readonly exit: Promise<Exit>
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  #client: FramedClient | null = null
  errorText = ''

  constructor({ listen, env = {}, executable }: HostProcessOptions = {}) {
    const args = listen === undefined ? [] : ['--listen', listen]
    const [command, own] = executable === undefined ? [process.execPath, [bin, 'codex-host']] : [executable, []]
    this.#child = spawn(command, [...own, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: childEnv(env),
    })
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.errorText += chunk.toString()
    })
    this.exit = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => resolve({ code, signal }))
    })
    this.#child.stdin.on('error', () => undefined)
  }

  /** Returns the framed client, the same each time. */
  get client(): FramedClient {
    const { stdout, stdin } = this.#child
    this.#client ??= new FramedClient(Duplex.from({ readable: stdout, writable: stdin }))
    return this.#client
  }

  /** Connects a gRPC client, once. */
  connectGrpc(): GrpcClient {
    return GrpcClient.overStreams(this.#child.stdout, this.#child.stdin)
  }

  /** Sends bytes that no client would send. */
  write(bytes: string | Uint8Array): void {
    this.#child.stdin.write(bytes)
  }

  /** Ends the input of the process. */
  endInput(): void {
    this.#child.stdin.end()
  }

  /** Closes the pipe that the process writes to. */
  closeOutput(): void {
    this.#child.stdout.destroy()
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
