import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { Socket } from 'node:net'
import { CodecellError, messageOf } from '../../../errors.ts'
import type { FromHost, ToHost } from '../../../protocol/message.ts'
import type { Transport, TransportEnd } from '../../../protocol/transport.ts'
import { FrameChannel } from './frame-channel.ts'
import { ProcessMemory } from './process-memory.ts'
import {
  hostCommand,
  inspectedHostCommand,
  type HostBuild,
  type HostCommand,
  type HostCommandOptions,
} from './host-command.ts'

/** Maximum length of the end of a host's error stream in the reason of its loss, in characters. */
const maxStderr = 2000

type Spawn = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess

/**
 * Starts a host process that exchanges frames over descriptor 3. When the system cannot start the process, the returned
 * transport is lost.
 *
 * @throws {CodecellError} `HOST_START_FAILED` when the installation cannot run a host
 */
export function startChildTransport(options: HostCommandOptions, spawnProcess: Spawn = spawn): Transport {
  return new ChildTransport(hostCommand(options), { isInspected: false, spawnProcess })
}

/**
 * Starts a host process of a build; null is the build of this process.
 *
 * @throws {CodecellError} `HOST_START_FAILED` when the installation cannot run a host
 */
export function startBuildTransport(options: HostCommandOptions, build: HostBuild | null): Transport {
  return new ChildTransport(hostCommand(options, build), { isInspected: false, spawnProcess: spawn })
}

/**
 * Starts a host process whose cells wait for a debugger. `channel` carries the debugger protocol.
 *
 * @throws {CodecellError} `HOST_START_FAILED` when the process cannot be started
 */
export function startInspectedTransport(options: Pick<HostCommandOptions, 'timeZone' | 'locale'>): {
  readonly transport: Transport
  readonly channel: Socket
} {
  const transport = new ChildTransport(inspectedHostCommand(options), { isInspected: true, spawnProcess: spawn })
  const channel = transport.channelAt(4)
  if (channel !== null) return { transport, channel }
  throw new CodecellError(
    'HOST_START_FAILED',
    'Cannot start a host for a debugger: its process has no debugger channel',
  )
}

class ChildTransport implements Transport {
  readonly isLink = false
  readonly ended: Promise<TransportEnd>
  /** Null when the process could not be started. */
  readonly #child: ChildProcess | null
  readonly #channel: FrameChannel | null
  readonly #memory: ProcessMemory
  #end: (end: TransportEnd) => void
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
    const onError = (cause: unknown): void => this.#onLost(startErrorText(cause, command), cause)
    this.#child = trySpawn(() => spawnProcess(command, args, { env, stdio, windowsHide: true }), onError)
    const socket = this.channelAt(3)
    this.#channel = socket === null ? null : new FrameChannel(socket, (...broken) => this.#onBroken(...broken))
    this.#memory = new ProcessMemory(this.#child?.pid)
    if (this.#child !== null) this.#listen(this.#child, socket)
  }

  /** Returns null when the process could not be started. */
  channelAt(descriptor: 3 | 4): Socket | null {
    const child = this.#child
    // `stdio` is undefined when Node could not create the pipes, contrary to its type.
    const channels: ChildProcess['stdio'] | undefined = child?.stdio
    const socket = channels?.[descriptor]
    return socket instanceof Socket ? socket : null
  }

  #listen(child: ChildProcess, socket: Socket | null): void {
    // `exit` is too early: `close` also waits for the end of the error stream.
    child.on('close', (code, signal) => this.#onLost(exitText(code, signal), signal ?? code))
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-maxStderr)
    })
    child.stderr?.on('error', () => undefined)
    // The exit of the process gives a better reason than a broken channel, and follows it immediately.
    socket?.on('error', () => this.kill())
    socket?.on('end', () => this.kill())
    // Hosts do not keep the event loop alive. An observation of a cell does.
    child.unref()
    socket?.unref()
    const { stderr } = child
    if (stderr instanceof Socket) stderr.unref()
  }

  #onBroken(reason: string, cause: unknown): void {
    this.#onLost(reason, cause)
    this.kill()
  }

  #onLost(reason: string, cause: unknown): void {
    this.#memory[Symbol.dispose]()
    this.#channel?.close()
    if (this.#closing) return this.#end({ type: 'closed' })
    this.#end({ type: 'lost', reason, detail: this.#stderr.trim(), cause })
  }

  send(message: ToHost): void {
    this.#channel?.send(message)
  }

  get unsentBytes(): number {
    return this.#channel?.unsentBytes ?? 0
  }

  get sentBytes(): number {
    return this.#channel?.sentBytes ?? 0
  }

  async drained(): Promise<void> {
    await this.#channel?.drained()
  }

  listen(onMessages: (messages: readonly FromHost[]) => void): void {
    this.#channel?.listen(onMessages)
  }

  kill(): void {
    // Without a pid, Node would signal the process group of this process.
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

/** Starts a process; returns null on failure. `onError` always runs after this function returns. */
function trySpawn(start: () => ChildProcess, onError: (cause: unknown) => void): ChildProcess | null {
  try {
    return start().on('error', onError)
  } catch (cause) {
    queueMicrotask(() => onError(cause))
    return null
  }
}

/** Reasons why a process cannot be started, by system error code. */
const startErrors: Readonly<Record<string, (command: string) => string>> = {
  ENOENT: (command) => `"${command}" does not exist`,
  EACCES: (command) => `"${command}" is not executable`,
  EAGAIN: () => 'the system allows no more processes',
  ENOMEM: () => 'the machine has no memory for another process',
  EMFILE: () => 'this process has too many open files',
  ENFILE: () => 'the machine has too many open files',
}

function startErrorText(cause: unknown, command: string): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const describe = startErrors[code]
  return `it could not be started: ${describe === undefined ? messageOf(cause) : `${describe(command)} (${code})`}`
}
