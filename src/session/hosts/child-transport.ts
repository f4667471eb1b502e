import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { Socket } from 'node:net'
import { CodecellError, messageOf } from '../../errors.ts'
import { encodeFrames, FrameReader } from '../../protocol/frame.ts'
import type { FromHost, ToHost } from '../../protocol/message.ts'
import { parseFromHost } from '../../protocol/parse-message.ts'
import type { Transport, TransportEnd } from '../../protocol/transport.ts'
import { ProcessMemory } from './process-memory.ts'
import { hostCommand, inspectedHostCommand, type HostCommand, type HostCommandOptions } from './host-command.ts'

/** How much of a dying host's error stream is kept for the reason, in characters. */
const stderrTail = 2000

type Spawn = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess

/**
 * Starts a host process and speaks frames with it over descriptor 3. Throws `HOST_START_FAILED` where none can ever run; one
 * that cannot be started now is lost.
 */
export function startChildTransport(options: HostCommandOptions, spawnProcess: Spawn = spawn): Transport {
  return new ChildTransport(hostCommand(options), { isInspected: false, spawnProcess })
}

/** Starts a host process whose cells wait for a debugger; `channel` carries what the two say to each other. */
export function startInspectedTransport(options: Pick<HostCommandOptions, 'timeZone' | 'locale'>): {
  readonly transport: Transport
  readonly channel: Socket
} {
  const transport = new ChildTransport(inspectedHostCommand(options), { isInspected: true, spawnProcess: spawn })
  const channel = transport.channelAt(4)
  if (channel !== null) return { transport, channel }
  throw new CodecellError('HOST_START_FAILED', 'Cannot start a host for a debugger: its process has no channel')
}

class ChildTransport implements Transport {
  readonly ended: Promise<TransportEnd>
  /** Null: it could not be started. */
  readonly #child: ChildProcess | null
  readonly #socket: Socket | null
  readonly #reader = new FrameReader()
  readonly #memory: ProcessMemory
  #end: (end: TransportEnd) => void
  #listener: ((messages: readonly FromHost[]) => void) | null = null
  #outgoing: ToHost[] = []
  #stderr = ''
  #closing = false

  constructor(
    { command, args, env }: HostCommand,
    { isInspected, spawnProcess }: { readonly isInspected: boolean; readonly spawnProcess: Spawn },
  ) {
    const { promise, resolve } = Promise.withResolvers<TransportEnd>()
    this.ended = promise
    this.#end = resolve
    const pipes: ('ignore' | 'pipe')[] = ['ignore', 'ignore', 'pipe', 'pipe']
    const stdio = isInspected ? [...pipes, 'pipe' as const] : pipes
    const fails = (cause: unknown): void => this.#onLost(startErrorText(cause, command), cause)
    this.#child = spawned(() => spawnProcess(command, args, { env, stdio, windowsHide: true }), fails)
    this.#socket = this.channelAt(3)
    this.#memory = new ProcessMemory(this.#child?.pid)
    if (this.#child !== null) this.#listen(this.#child)
  }

  /** Null: the process could not be started. */
  channelAt(descriptor: 3 | 4): Socket | null {
    const child = this.#child
    // Where a process has no room for pipes, Node leaves them all out, whatever the type says.
    const channels: ChildProcess['stdio'] | undefined = child?.stdio
    const socket = channels?.[descriptor]
    return socket instanceof Socket ? socket : null
  }

  #listen(child: ChildProcess): void {
    // Not `exit`: what the process said last on its error stream comes before `close`.
    child.on('close', (code, signal) => this.#onLost(exitText(code, signal), signal ?? code))
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-stderrTail)
    })
    child.stderr?.on('error', () => undefined)
    this.#socket?.on('data', (chunk: Buffer) => this.#receive(chunk))
    // The exit of the process says more than a broken channel, and follows it at once.
    this.#socket?.on('error', () => this.kill())
    this.#socket?.on('end', () => this.kill())
    // Neither the process nor its channel keeps the agent alive; a cell that is being observed does.
    child.unref()
    this.#socket?.unref()
    const { stderr } = child
    if (stderr instanceof Socket) stderr.unref()
  }

  #receive(chunk: Buffer): void {
    const messages = this.#parse(chunk)
    if (messages.length > 0) this.#listener?.(messages)
  }

  #parse(chunk: Buffer): readonly FromHost[] {
    try {
      return this.#reader.push(chunk).flatMap((message) => parseFromHost(message))
    } catch (cause) {
      // A host that speaks nonsense may have been taken over by a cell.
      this.#onLost(`it broke the protocol: ${messageOf(cause)}`, cause)
      this.kill()
      return []
    }
  }

  #onLost(reason: string, cause: unknown): void {
    this.#listener = null
    this.#memory[Symbol.dispose]()
    this.#socket?.destroy()
    if (this.#closing) return this.#end({ type: 'closed' })
    this.#end({ type: 'lost', reason, detail: this.#stderr.trim(), cause })
  }

  send(message: ToHost): void {
    if (this.#outgoing.push(message) > 1) return
    queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    const messages = this.#outgoing
    this.#outgoing = []
    if (this.#socket?.writable !== true) return
    for (const frame of encodeFrames(messages)) this.#socket.write(frame)
  }

  listen(onMessages: (messages: readonly FromHost[]) => void): void {
    this.#listener = onMessages
  }

  kill(): void {
    // Without a process, Node would send the signal to the group of this one.
    if (this.#child?.pid !== undefined) this.#child.kill('SIGKILL')
  }

  residentBytes(): number | null {
    return this.#memory.residentBytes()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true
    // Keeps the process alive until the child has exited.
    this.#child?.ref()
    this.kill()
    await this.ended
  }
}

function exitText(code: number | null, signal: string | null): string {
  return signal === null ? `it exited with code ${code}` : `it was killed by ${signal}`
}

/** Returns a process, or null. `fails` is called with any error, after this returns. */
function spawned(start: () => ChildProcess, fails: (cause: unknown) => void): ChildProcess | null {
  try {
    return start().on('error', fails)
  } catch (cause) {
    queueMicrotask(() => fails(cause))
    return null
  }
}

/** Why a process cannot be started, by the code of the system's error. */
const startErrors: Readonly<Record<string, (command: string) => string>> = {
  ENOENT: (command) => `"${command}" is not there`,
  EACCES: (command) => `"${command}" may not be run`,
  EAGAIN: () => 'the system allows no more processes',
  ENOMEM: () => 'the machine has no memory for another process',
  EMFILE: () => 'this process has too many open files',
  ENFILE: () => 'the machine has too many open files',
}

function startErrorText(cause: unknown, command: string): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const why = startErrors[code]
  return `it could not be started: ${why === undefined ? messageOf(cause) : `${why(command)} (${code})`}`
}
