import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import {
  ReadBuffer,
  SdkError,
  SdkErrorCode,
  serializeMessage,
  type JSONRPCMessage,
  type Transport,
} from '@modelcontextprotocol/client'
import { getDefaultEnvironment } from '@modelcontextprotocol/client/stdio'
import { messageOf } from '../../errors.ts'
import { writeText } from '../../protocol/stream-writes.ts'
import type { McpServerConfig } from './mcp-config.ts'

/** How much of a server's error stream is kept, in characters. */
const stderrTail = 2000

/** The longest message of a server, in bytes. */
const maxBufferSize = 64 * 1024 * 1024

/** When a server that was asked to end is asked by signal, and when it is killed, in milliseconds. */
const terminateMs = 500
const killMs = 1500

/** Longest wait for what a server leaves open after it is gone, in milliseconds. */
const lingerMs = 200

type Child = ChildProcessByStdio<Writable, Readable, Readable>

/**
 * The process of a stdio server: closing it ends the process, whatever it does, within two seconds. The transport of the
 * SDK is not used: it adds a listener to the pipe for each message that a slow server has not read.
 */
export class StdioServer implements Transport {
  onclose?: (() => void) | undefined
  onerror?: ((error: Error) => void) | undefined
  onmessage?: ((message: JSONRPCMessage) => void) | undefined
  readonly #config: McpServerConfig & { type: 'stdio' }
  readonly #buffer = new ReadBuffer({ maxBufferSize })
  readonly #gone = Promise.withResolvers<void>()
  #child: Child | null = null
  #stderr = ''
  #closed: Promise<void> | null = null
  #isGone = false

  constructor(config: McpServerConfig & { type: 'stdio' }) {
    this.#config = config
  }

  /** The end of what the server said on its error stream. */
  get said(): string {
    return this.#stderr.trim()
  }

  /** Resolves when the process runs. Rejects when it cannot be started. */
  async start(): Promise<void> {
    const { command, args, env, cwd } = this.#config
    const child = spawn(command, [...args], {
      env: { ...getDefaultEnvironment(), ...env },
      ...(cwd === null ? {} : { cwd }),
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    })
    this.#child = child
    this.#listen(child)
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
  }

  #listen(child: Child): void {
    const failed = (error: Error): void => this.onerror?.(error)
    child.on('error', failed)
    child.stdin.on('error', failed)
    child.stdout.on('error', failed)
    child.stderr.on('error', failed)
    child.on('close', () => this.#ended())
    child.stdout.on('data', (chunk: Buffer) => this.#receive(chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#stderr = (this.#stderr + chunk).slice(-stderrTail)
    })
  }

  #receive(chunk: Buffer): void {
    try {
      this.#buffer.append(chunk)
    } catch (error) {
      this.#failed(error)
      void this.close()
      return
    }
    for (;;) {
      try {
        const message = this.#buffer.readMessage()
        if (message === null) return
        this.onmessage?.(message)
      } catch (error) {
        // A line that is no message is passed over.
        this.#failed(error)
      }
    }
  }

  #failed(error: unknown): void {
    this.onerror?.(error instanceof Error ? error : new Error(messageOf(error)))
  }

  /** Resolves when the pipe has taken the message, and rejects when it never will. */
  async send(message: JSONRPCMessage): Promise<void> {
    const child = this.#child
    if (child === null || this.#closed !== null || this.#isGone) {
      throw new SdkError(SdkErrorCode.NotConnected, 'Not connected')
    }
    try {
      await writeText(child.stdin, serializeMessage(message))
    } catch (cause) {
      // The server may have read it before its pipe failed.
      throw new SdkError(SdkErrorCode.SendFailed, `the server stopped reading: ${messageOf(cause)}`, { cause })
    }
  }

  /** The client closes a connection that it cannot use without waiting; whoever closes it again waits for the same end. */
  close(): Promise<void> {
    this.#closed ??= this.#end()
    return this.#closed
  }

  /** Its input ends first; a server that goes on gets SIGTERM, so that it can end its own processes, then SIGKILL. */
  async #end(): Promise<void> {
    const child = this.#child
    if (child === null || child.pid === undefined) return this.#ended()
    // Also when the server does not read what is still waiting.
    child.stdin.end()
    const timers = [
      setTimeout(() => child.kill('SIGTERM'), terminateMs),
      setTimeout(() => child.kill('SIGKILL'), killMs),
    ]
    await Promise.race([this.#gone.promise, delay(killMs + lingerMs, undefined, { ref: false })])
    for (const timer of timers) clearTimeout(timer)
    // A process that the server left behind may hold the pipes.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
    this.#ended()
  }

  #ended(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#gone.resolve()
    this.#buffer.clear()
    this.onclose?.()
  }

  /** For the exit of this process, where nothing can be waited for. */
  kill(): void {
    this.#child?.kill('SIGKILL')
  }
}
