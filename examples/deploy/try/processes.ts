import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import type { Networks } from './networks.ts'

const program = fileURLToPath(new URL('../../../bin/codecell.js', import.meta.url))

type Compose = {
  readonly services: Readonly<
    Record<string, { readonly command: readonly string[]; readonly networks: readonly string[] }>
  >
  readonly networks: Readonly<Record<string, unknown>>
}

const compose: z.ZodType<Compose> = z.object({
  services: z.record(z.string(), z.object({ command: z.array(z.string()).default([]), networks: z.array(z.string()) })),
  networks: z.record(z.string(), z.unknown()),
})

/** Reads the Compose file. */
export function readComposeFile(): Compose {
  return compose.parse(parse(readFileSync(new URL('../compose.yaml', import.meta.url), 'utf8'), { merge: true }))
}

export type ProcessesInit = {
  readonly networks: Networks
  readonly services: Compose['services']
  /** Replacements in the arguments: paths and addresses of containers. */
  readonly replacements: readonly (readonly [string, string])[]
  /** More arguments of nodes. */
  readonly nodeArgs: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** The processes of the services of codecell, with the commands of the Compose file. */
export class Processes implements AsyncDisposable {
  readonly #init: ProcessesInit
  readonly #running = new Map<string, ChildProcess>()
  readonly #log = new Map<string, string>()

  constructor(init: ProcessesInit) {
    this.#init = init
  }

  get names(): readonly string[] {
    return Object.keys(this.#init.services).filter((name) => /^(?:node|hosts)-/.test(name))
  }

  start(name: string): void {
    const { networks, services, replacements, nodeArgs, env } = this.#init
    const { command = [] } = services[name] ?? {}
    const given = name.startsWith('node') ? [...command, ...nodeArgs] : command
    const args = replacements.reduce((list, [from, to]) => list.map((arg) => arg.replaceAll(from, to)), [...given])
    const [file = '', ...rest] = networks.on(name, [process.execPath, program, ...args])
    const child = spawn(file, rest, {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child.stderr.on('data', (chunk: Buffer) => this.#log.set(name, `${this.#log.get(name) ?? ''}${chunk.toString()}`))
    this.#running.set(name, child)
  }

  /** The standard error of all processes. */
  get log(): string {
    return [...this.#log].map(([name, text]) => `${name}:\n${text}`).join('\n')
  }

  /** Sends a signal, and returns the exit code when the process has ended. */
  async end(name: string, signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#running.get(name)
    if (child === undefined) return null
    this.#running.delete(name)
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    child.kill(signal)
    const code = await ended
    // A process that a killed one has started can hold the pipe open.
    child.stderr?.destroy()
    return code
  }

  /** Returns whether a machine can connect to an address. */
  canConnect(from: string, [host, port]: readonly [string, number]): boolean {
    const code = `const s = require('node:net').connect(${port}, '${host}', () => process.exit(0))
      s.on('error', () => process.exit(1)); setTimeout(() => process.exit(1), 1000)`
    const [file = '', ...args] = this.#init.networks.on(from, [process.execPath, '-e', code])
    return spawnSync(file, args).status === 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.end(name, 'SIGKILL')))
  }
}
