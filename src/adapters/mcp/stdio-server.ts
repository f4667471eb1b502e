import type { ChildProcessByStdio } from 'node:child_process'
import { statSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import {
  parseJSONRPCMessage,
  SdkError,
  SdkErrorCode,
  serializeMessage,
  type JSONRPCMessage,
  type Transport,
} from '@modelcontextprotocol/client'
import { getDefaultEnvironment } from '@modelcontextprotocol/client/stdio'
import spawn from 'cross-spawn'
import { messageOf } from '../../errors.ts'
import { writeText } from '../../protocol/stream-writes.ts'
import type { McpServerConfig } from './config/mcp-config.ts'
import { withoutSecrets } from './secret-values.ts'
import { LineBuffer } from './wire/line-buffer.ts'
import { LineMessages } from './wire/line-messages.ts'
import { maxMessageBytes, WireReader, type WireMessage } from './wire/wire-reader.ts'

/** The retained end of a server's standard error, in characters. */
const stderrTail = 2000

/** The times until a closed server gets SIGTERM and SIGKILL, in milliseconds. */
const terminateMs = 500
const killMs = 1500

/** Timeout for pipes that stay open after the exit of a server, in milliseconds. */
const lingerMs = 200

type Child = ChildProcessByStdio<Writable, Readable, Readable>

/**
 * The process of a stdio server. Closing it ends the process within two seconds. The transport of the SDK is not used: it adds a
 * listener to the pipe for each message that a slow server has not read.
 */
export class StdioServer implements Transport {
  onclose?: (() => void) | undefined
  onerror?: ((error: Error) => void) | undefined
  onmessage?: ((message: JSONRPCMessage) => void) | undefined
  readonly #config: McpServerConfig & { type: 'stdio' }
  readonly #lines = new LineBuffer(maxMessageBytes)
  readonly #reader = new WireReader()
  readonly #messages = new LineMessages(this.#reader)
  /** Resolves when the process has exited and its output is read. */
  readonly #exited = Promise.withResolvers<void>()
  #child: Child | null = null
  #stderr = ''
  #exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | null = null
  #closed: Promise<void> | null = null
  #isGone = false
  /** Why this process ends the connection; null while it does not. */
  #breach: string | null = null

  constructor(config: McpServerConfig & { type: 'stdio' }) {
    this.#config = config
  }

  /** The end of the server's standard error. Models see it, so it has no secrets of the configuration. */
  get said(): string {
    return withoutSecrets(this.#stderr.trim(), this.#config.env)
  }

  /** How the process ended; null while it runs. */
  get exitText(): string | null {
    if (this.#breach !== null) return this.#breach
    if (this.#exit === null) return this.#isGone ? 'it closed its output' : null
    const { code, signal } = this.#exit
    return signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`
  }

  /** Resolves when the process is running, and rejects when it cannot be started. */
  async start(): Promise<void> {
    const { command, args, env, cwd } = this.#config
    // The error of `spawn` names the command instead.
    if (cwd !== null && statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new TypeError(`"cwd" is not a folder: ${cwd}`)
    }
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
    const exited = (): void => {
      this.#exited.resolve()
      this.#ended()
    }
    child.on('close', exited)
    // A child process of the server can keep the pipes open.
    child.on('exit', (code, signal) => {
      this.#exit = { code, signal }
      setTimeout(exited, lingerMs).unref()
    })
    // A server without an input cannot be called. Its exit closes the pipe too.
    child.stdin.on('close', () => {
      if (this.#closed === null) setTimeout(() => this.#endWithoutInput(), lingerMs).unref()
    })
    // A server without an output cannot return anything.
    child.stdout.on('end', () => {
      this.#receiveMessages(() => this.#messages.readLast(this.#lines.take()))
      setTimeout(() => {
        this.#ended()
        void this.close()
      }, lingerMs).unref()
    })
    child.stdout.on('data', (chunk: Buffer) => this.#receive(chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#stderr = (this.#stderr + chunk).slice(-stderrTail)
    })
  }

  #endWithoutInput(): void {
    if (this.#closed !== null || this.#isGone) return
    if (this.#exit === null) this.#breach = 'it closed its input'
    this.#ended()
    void this.close()
  }

  #receive(chunk: Buffer): void {
    try {
      for (const line of this.#lines.append(chunk)) this.#receiveMessages(() => this.#messages.read(line))
    } catch (error) {
      this.#breach = messageOf(error)
      this.#failed(error)
      void this.close()
    }
  }

  #receiveMessages(read: () => readonly WireMessage[]): void {
    try {
      for (const message of read()) this.onmessage?.(parseJSONRPCMessage(message))
    } catch (error) {
      // Messages with members of wrong types are skipped.
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    this.onerror?.(error instanceof Error ? error : new Error(messageOf(error)))
  }

  /** Resolves when the pipe has accepted the message, and rejects when it fails. */
  async send(message: JSONRPCMessage): Promise<void> {
    const child = this.#child
    if (child === null || this.#closed !== null || this.#isGone || child.stdin.destroyed) {
      throw new SdkError(SdkErrorCode.NotConnected, 'Not connected')
    }
    const id = this.#reader.sent(message)
    try {
      await writeText(child.stdin, serializeMessage(message))
    } catch (cause) {
      this.#reader.forget(id)
      // The server can have read the message before its pipe failed.
      throw new SdkError(SdkErrorCode.SendFailed, `the server stopped reading: ${messageOf(cause)}`, { cause })
    }
  }

  /** The client closes an unusable connection without waiting. Further calls wait for the same end. */
  close(): Promise<void> {
    this.#closed ??= this.#end()
    return this.#closed
  }

  /** Ends the input of the server. If it keeps running, it gets SIGTERM, to end its own processes, then SIGKILL. */
  async #end(): Promise<void> {
    const child = this.#child
    if (child === null || child.pid === undefined) return this.#ended()
    // Ends the pipe even if the server does not read the rest.
    child.stdin.end()
    const timers = [
      setTimeout(() => child.kill('SIGTERM'), terminateMs),
      setTimeout(() => child.kill('SIGKILL'), killMs),
    ]
    await Promise.race([this.#exited.promise, delay(killMs + lingerMs, undefined, { ref: false })])
    for (const timer of timers) clearTimeout(timer)
    // A child process of the server can keep the pipes open.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
    this.#ended()
  }

  #ended(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#lines.clear()
    this.onclose?.()
  }

  /** For the exit of this process, which cannot wait. */
  kill(): void {
    this.#child?.kill('SIGKILL')
  }
}
