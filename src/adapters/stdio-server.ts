import { setTimeout as delay } from 'node:timers/promises'
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { McpServerConfig } from './mcp-config.ts'

/** How much of a server's error stream is kept, in characters. */
const stderrTail = 2000

/** When a server that was asked to end is asked by signal, and when it is killed, in milliseconds. */
const terminateMs = 500
const killMs = 1500

/** Longest wait for what a server leaves open after it is gone, in milliseconds. */
const lingerMs = 200

/** The process of a stdio server: closing it ends the process, whatever it does, within two seconds. */
export class StdioServer extends StdioClientTransport {
  #stderr = ''
  #closed: Promise<void> | null = null
  /** The process while it is being ended, when the connection has forgotten it. */
  #ending: number | null = null

  constructor({ command, args, env, cwd }: McpServerConfig & { type: 'stdio' }) {
    super({
      command,
      args: [...args],
      env: { ...getDefaultEnvironment(), ...env },
      ...(cwd === null ? {} : { cwd }),
      stderr: 'pipe',
      maxBufferSize: 64 * 1024 * 1024,
    })
    this.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-stderrTail)
    })
  }

  /** The end of what the server said on its error stream. */
  get said(): string {
    return this.#stderr.trim()
  }

  /** The client closes a connection that it cannot use without waiting; whoever closes it again waits for the same end. */
  override close(): Promise<void> {
    this.#closed ??= this.#end(this.pid)
    return this.#closed
  }

  /** Its input ends first; a server that goes on gets SIGTERM, so that it can end its own processes, then SIGKILL. */
  async #end(pid: number | null): Promise<void> {
    this.#ending = pid
    const closed = super.close()
    if (pid === null) return
    const timers = [
      setTimeout(() => signal(pid, 'SIGTERM'), terminateMs),
      setTimeout(() => signal(pid, 'SIGKILL'), killMs),
    ]
    await Promise.race([closed, delay(killMs + lingerMs, undefined, { ref: false })])
    for (const timer of timers) clearTimeout(timer)
    this.#ending = null
  }

  /** For the exit of this process, where nothing can be waited for. */
  kill(): void {
    const pid = this.pid ?? this.#ending
    if (pid !== null) signal(pid, 'SIGKILL')
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It had ended already.
  }
}
