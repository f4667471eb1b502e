import { spawn, type ChildProcess } from 'node:child_process'
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

/** Starts a host process and speaks frames with it over descriptor 3. Throws `HOST_START_FAILED` where it cannot run. */
export function startChildTransport(options: HostCommandOptions): Transport {
  return new ChildTransport(hostCommand(options), false)
}

/** Starts a host process whose cells wait for a debugger; `channel` carries what the two say to each other. */
export function startInspectedTransport(options: Pick<HostCommandOptions, 'timeZone' | 'locale'>): {
  readonly transport: Transport
  readonly channel: Socket
} {
  const transport = new ChildTransport(inspectedHostCommand(options), true)
  return { transport, channel: transport.channelAt(4) }
}

class ChildTransport implements Transport {
  readonly ended: Promise<TransportEnd>
  readonly #child: ChildProcess
  readonly #socket: Socket
  readonly #reader = new FrameReader()
  readonly #memory: ProcessMemory
  #end: (end: TransportEnd) => void
  #listener: ((messages: readonly FromHost[]) => void) | null = null
  #outgoing: ToHost[] = []
  #stderr = ''
  #closing = false

  constructor({ command, args, env }: HostCommand, isInspected: boolean) {
    const { promise, resolve } = Promise.withResolvers<TransportEnd>()
    this.ended = promise
    this.#end = resolve
    const stdio: ('ignore' | 'pipe')[] = ['ignore', 'ignore', 'pipe', 'pipe']
    this.#child = spawn(command, args, { env, stdio: isInspected ? [...stdio, 'pipe'] : stdio, windowsHide: true })
    this.#socket = this.channelAt(3)
    this.#memory = new ProcessMemory(this.#child.pid)
    this.#listen()
  }

  channelAt(descriptor: 3 | 4): Socket {
    const socket = this.#child.stdio[descriptor]
    if (socket instanceof Socket) return socket
    throw new CodecellError('HOST_START_FAILED', 'Cannot start a host: it has no channel')
  }

  #listen(): void {
    this.#child.on('error', (cause) => this.#lost(`it could not be started: ${messageOf(cause)}`, cause))
    // Not `exit`: what the process said last on its error stream comes before `close`.
    this.#child.on('close', (code, signal) => this.#lost(exitText(code, signal), signal ?? code))
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-stderrTail)
    })
    this.#child.stderr?.on('error', () => undefined)
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    // The exit of the process says more than a broken channel, and follows it at once.
    this.#socket.on('error', () => this.kill())
    this.#socket.on('end', () => this.kill())
    // Neither the process nor its channel keeps the agent alive; a cell that is being observed does.
    this.#child.unref()
    this.#socket.unref()
    const { stderr } = this.#child
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
      this.#lost(`it broke the protocol: ${messageOf(cause)}`, cause)
      this.kill()
      return []
    }
  }

  #lost(reason: string, cause: unknown): void {
    this.#listener = null
    this.#memory[Symbol.dispose]()
    this.#socket.destroy()
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
    if (!this.#socket.writable) return
    for (const frame of encodeFrames(messages)) this.#socket.write(frame)
  }

  listen(onMessages: (messages: readonly FromHost[]) => void): void {
    this.#listener = onMessages
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  residentBytes(): number | null {
    return this.#memory.residentBytes()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true
    // Whoever waits for the end has to be there when it comes.
    this.#child.ref()
    this.kill()
    await this.ended
  }
}

function exitText(code: number | null, signal: string | null): string {
  return signal === null ? `it exited with code ${code}` : `it was killed by ${signal}`
}
