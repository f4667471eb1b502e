import { spawn, type ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'
import { messageOf } from '../../errors.ts'
import { hostCommand, type HostBuild, type HostCommandOptions } from '../../session/hosts/process/host-command.ts'
import { ProcessMemory } from '../../session/hosts/process/process-memory.ts'

/** Maximum length of the end of the error stream that is reported, in characters. */
const maxStderr = 2000

export type HostProcessHandlers = {
  readonly onStarted: () => void
  /** Called instead of `onStarted` when the process cannot be started. */
  readonly onFailed: (reason: string) => void
  /** Called when the process has ended, before the rest of its output. */
  readonly onExited: () => void
  /** Called when the process has ended and all of its output was read. */
  readonly onClosed: (exit: {
    readonly code: number | null
    readonly signal: string | null
    readonly stderr: string
  }) => void
}

/** The process of one host of a node. */
export class HostProcess {
  /** The byte stream of the host. */
  readonly channel: Socket
  readonly #child: ChildProcess
  readonly #memory: ProcessMemory
  #stderr = ''

  /** @throws when the process cannot be started */
  constructor(
    needs: HostCommandOptions,
    build: HostBuild | null,
    { onStarted, onFailed, onExited, onClosed }: HostProcessHandlers,
  ) {
    const { command, args, env } = hostCommand(needs, build)
    const stdio = ['ignore', 'ignore', 'pipe', 'pipe'] as const
    this.#child = spawn(command, args, { env, stdio: [...stdio], windowsHide: true })
    let isStarted = false
    this.#child.on('error', (error) => {
      if (!isStarted) onFailed(messageOf(error))
    })
    const channel = this.#child.stdio[3]
    if (!(channel instanceof Socket)) throw new Error('its process has no channel')
    this.channel = channel
    this.#memory = new ProcessMemory(this.#child.pid)
    channel.on('error', () => this.kill())
    this.#child.on('spawn', () => {
      isStarted = true
      onStarted()
    })
    this.#child.on('exit', () => {
      this.#memory[Symbol.dispose]()
      onExited()
    })
    this.#child.on('close', (code, signal) => onClosed({ code, signal, stderr: this.#stderr.trim() }))
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-maxStderr)
    })
    this.#child.stderr?.on('error', () => undefined)
  }

  /** Null when the memory cannot be read. */
  residentBytes(): number | null {
    return this.#memory.residentBytes()
  }

  kill(): void {
    // Without a pid, Node would signal the process group of this process.
    if (this.#child.pid !== undefined) this.#child.kill('SIGKILL')
  }
}
