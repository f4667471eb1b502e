import type { Socket } from 'node:net'
import { messageOf } from '../../errors.ts'
import { FrameSplitter, type StreamPart } from '../link/frame-splitter.ts'
import { isStatusRequest, parseFromNode, type FromSupervisor } from '../link/link-message.ts'
import type { SupervisorStatus } from '../link/status-message.ts'
import type { HostBuilds, StartableBuild } from './host-builds.ts'
import { HostProcess } from './host-process.ts'
import { endLink, LinkWriter } from './link-writer.ts'
import { acceptHello, type AcceptedHello, type HelloLimits } from './node-hello.ts'
import type { Slots } from './slots.ts'

const memoryMs = 20
const aliveMs = 1000
/** Minimum change of memory that is reported, in bytes. */
const minMemoryChange = 256 * 1024
const maxReasonLength = 500
const bytesPerMb = 1024 * 1024

export type ConnectionLimits = HelloLimits & {
  /** Maximum memory of a host process, in bytes; Infinity for none. */
  readonly processBytes: number
  /** Time for `hello`, in milliseconds. */
  readonly helloMs: number
  /** Time without a sign of life of the node after which its process is killed, in milliseconds. */
  readonly deadManMs: number
}

export type ConnectionInit = {
  readonly limits: ConnectionLimits
  readonly slots: Slots
  readonly builds: HostBuilds
  /** The tenants that the certificate of the node names. */
  readonly tenants: readonly string[]
  readonly isDraining: () => boolean
  /** Returns the status that this node may see. */
  readonly status: () => SupervisorStatus
  readonly onAccepted: () => void
  /** Called when a connection is closed for a reason that an operator may want to know. */
  readonly onProblem: (reason: string) => void
  /** Called when the connection and its process have ended. */
  readonly onEnded: () => void
}

/** The connection of a node: one host process, which ends with the connection. */
export class NodeConnection {
  readonly #socket: Socket
  readonly #init: ConnectionInit
  readonly #fromNode = new FrameSplitter({ acceptsLinkFrames: true })
  readonly #fromHost = new FrameSplitter({ acceptsLinkFrames: false })
  readonly #writer: LinkWriter
  readonly #timers: NodeJS.Timeout[] = []
  #hello: AcceptedHello | null = null
  #host: HostProcess | null = null
  #isAccepted = false
  #isEnding = false
  #holdsSlot = false
  #isProcessGone = true
  #killReason: string | null = null
  #heardAt = performance.now()
  #hasHostSpoken = false
  #reportedBytes = 0

  constructor(socket: Socket, init: ConnectionInit) {
    this.#socket = socket
    this.#init = init
    this.#writer = new LinkWriter(socket)
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('drain', () => this.#host?.channel.resume())
    socket.on('error', () => undefined)
    socket.on('end', () => socket.destroy())
    socket.on('close', () => this.#onLinkClosed())
    const { helloMs } = init.limits
    const timer = setTimeout(() => this.#refuse(`expected the message "hello" within ${helloMs} ms`), helloMs)
    this.#timers.push(timer)
  }

  /** Informs the node that the supervisor ends. */
  leave(inMs: number): void {
    if (this.#isAccepted) this.#writer.send({ type: 'leaving', in: inMs })
    else this.#busy('it is draining')
  }

  /** Ends the connection, and its process, at once. */
  destroy(): void {
    this.#socket.destroy()
  }

  #onData(chunk: Buffer): void {
    if (this.#isEnding) return
    this.#heardAt = performance.now()
    try {
      for (const part of this.#fromNode.push(chunk)) this.#onPart(part)
    } catch (error) {
      this.#refuse(messageOf(error))
    }
  }

  #onPart(part: StreamPart): void {
    if (this.#isEnding) return
    if (part.type === 'link') return this.#onLinkMessage(part.json)
    if (this.#host === null || !this.#isAccepted) throw new Error('expected the message "hello" first')
    // The node notices a host that does not read: it pings the host.
    if (!this.#host.channel.write(part.bytes)) this.#socket.pause()
  }

  #onLinkMessage(json: string): void {
    const message: unknown = JSON.parse(json)
    if (this.#hello !== null) {
      const { type } = parseFromNode(message)
      if (type !== 'alive')
        throw new Error(`expected one message "hello", got ${type === 'hello' ? 'two' : `"${type}"`}`)
    } else if (isStatusRequest(message)) this.#end({ type: 'status', ...this.#init.status() })
    else this.#onHello(message)
  }

  #onHello(message: unknown): void {
    const { limits, tenants, slots, isDraining } = this.#init
    const hello = acceptHello(message, tenants, limits)
    this.#hello = hello
    if (isDraining()) return this.#busy('it is draining')
    const full = slots.take(hello.tenant)
    if (full !== null) return this.#busy(full)
    this.#holdsSlot = true
    void this.#start(hello)
  }

  /** Starts the host that a node asks for, on the build with its engine. */
  async #start(hello: AcceptedHello): Promise<void> {
    try {
      const found = await this.#init.builds.find(hello.build)
      // The link has ended, or the supervisor has.
      if (this.#isEnding) return this.#releaseSlot()
      if (found.type === 'missing') {
        this.#releaseSlot()
        return this.#end({ type: 'engine_missing', reason: found.reason })
      }
      this.#host = this.#startHost(hello, found)
      this.#isProcessGone = false
    } catch (error) {
      this.#releaseSlot()
      this.#busy(`it cannot start a host: ${messageOf(error)}`)
    }
  }

  #startHost({ needs }: AcceptedHello, { build, engineName }: StartableBuild): HostProcess {
    const host = new HostProcess({ ...needs, engineName }, build, {
      onStarted: () => this.#onStarted(host),
      onFailed: (reason) => {
        this.#onProcessGone()
        this.#busy(`it cannot start a host: ${reason}`)
      },
      onExited: () => this.#onProcessGone(),
      onClosed: ({ code, signal, stderr }) => {
        const reason = this.#killReason === null ? {} : { reason: this.#killReason }
        const how = signal === null ? { code: code ?? 0 } : { signal }
        this.#end({ type: 'exited', ...how, ...reason, stderr })
      },
    })
    host.channel.on('data', (chunk: Buffer) => this.#onHostData(host, chunk))
    host.channel.on('drain', () => this.#socket.resume())
    return host
  }

  #onStarted(host: HostProcess): void {
    this.#clearTimers()
    if (this.#isEnding || this.#socket.destroyed) return host.kill()
    this.#isAccepted = true
    this.#timers.push(
      setInterval(() => this.#checkMemory(host), memoryMs),
      setInterval(() => this.#beat(host), aliveMs),
    )
    this.#init.onAccepted()
    this.#writer.send({ type: 'accepted', ...this.#init.slots.use })
  }

  #onHostData(host: HostProcess, chunk: Buffer): void {
    if (this.#isEnding) return
    // The session measures the growth of the process from its first message on.
    if (!this.#hasHostSpoken) this.#reportMemory(host.residentBytes() ?? 0)
    this.#hasHostSpoken = true
    try {
      for (const part of this.#fromHost.push(chunk)) {
        if (part.type === 'bytes' && !this.#writer.writeBytes(part.bytes, part.endsFrame)) host.channel.pause()
      }
    } catch (error) {
      // A cell may have compromised a host that sends malformed frames.
      this.#kill(host, `it broke the protocol: ${messageOf(error)}`)
      host.channel.destroy()
    }
  }

  /** The node enforces the limits of its cells by the reports. This process has a limit of its own, for nodes that do not. */
  #checkMemory(host: HostProcess): void {
    const bytes = host.residentBytes()
    if (bytes === null) return
    const { processBytes } = this.#init.limits
    if (bytes > processBytes) {
      return this.#kill(
        host,
        `it used more memory than its supervisor allows (${Math.round(processBytes / bytesPerMb)} MB)`,
      )
    }
    if (Math.abs(bytes - this.#reportedBytes) < minMemoryChange || this.#writer.isCongested) return
    this.#reportMemory(bytes)
  }

  #reportMemory(bytes: number): void {
    this.#reportedBytes = bytes
    this.#writer.send({ type: 'resident', bytes })
  }

  #beat(host: HostProcess): void {
    const { deadManMs } = this.#init.limits
    if (performance.now() - this.#heardAt <= deadManMs) {
      if (!this.#writer.isCongested) this.#writer.send({ type: 'alive', ...this.#init.slots.use })
      return
    }
    // The bytes of the node wait while its host does not read.
    if (host.channel.writableNeedDrain && !this.#isProcessGone) {
      return this.#kill(host, `it did not read for ${deadManMs} ms`)
    }
    this.#init.onProblem('the node fell silent')
    this.#kill(host, 'its node fell silent')
    this.#socket.destroy()
  }

  #kill(host: HostProcess, reason: string): void {
    this.#killReason ??= reason
    host.kill()
  }

  #busy(reason: string): void {
    this.#end({ type: 'busy', reason, ...this.#init.slots.use })
  }

  #refuse(given: string): void {
    const reason = given.length > maxReasonLength ? `${given.slice(0, maxReasonLength)}…` : given
    if (!this.#isEnding) this.#init.onProblem(reason)
    this.#end({ type: 'refused', reason })
  }

  /** Sends a last message and ends the link. */
  #end(message: FromSupervisor): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#clearTimers()
    // Within a frame no message can be sent. The node sees that the link ended there.
    if (this.#writer.atBoundary && !this.#socket.destroyed) this.#writer.send(message)
    endLink(this.#socket)
  }

  #onProcessGone(): void {
    this.#isProcessGone = true
    this.#releaseSlot()
    if (this.#socket.closed) this.#init.onEnded()
  }

  #releaseSlot(): void {
    if (this.#holdsSlot && this.#hello !== null) this.#init.slots.release(this.#hello.tenant)
    this.#holdsSlot = false
  }

  #onLinkClosed(): void {
    this.#isEnding = true
    this.#clearTimers()
    this.#host?.kill()
    this.#host?.channel.destroy()
    if (this.#isProcessGone) this.#init.onEnded()
  }

  #clearTimers(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer)
  }
}
