import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The published command line. The package must be built. */
export const bin: string = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url))

export type CliResult = { readonly code: number | null; readonly out: string; readonly err: string }

export type CliRun = {
  readonly child: ChildProcess
  readonly result: Promise<CliResult>
  /**
   * Resolves when standard output or standard error contains this text, with the content of both. Rejects when the process
   * exits without it.
   */
  readonly said: (text: string) => Promise<string>
}

export type CliOptions = {
  readonly cwd?: string
  readonly stdin?: string
  /** Variables in addition to `PATH`, the only variable of this process that the command inherits. */
  readonly env?: Readonly<Record<string, string>>
  /** Flags of Node. */
  readonly nodeFlags?: readonly string[]
}

/** The environment of every process of a test. */
export function childEnv(env: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '', ...env }
}

/** Starts the command line in a new process. */
export function startCli(args: readonly string[], { cwd, stdin = '', env, nodeFlags = [] }: CliOptions = {}): CliRun {
  const child = spawn(process.execPath, [...nodeFlags, bin, ...args], { cwd, env: childEnv(env), stdio: 'pipe' })
  child.stdin.on('error', () => undefined).end(stdin)
  let out = ''
  let err = ''
  const watchers = new Set<() => void>()
  const notify = (): void => {
    for (const watch of watchers) watch()
  }
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk
    notify()
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk
    notify()
  })
  const result = new Promise<CliResult>((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }))
  })
  const said = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const watch = (): void => {
        if (out.includes(text) || err.includes(text)) resolve(out + err)
      }
      watchers.add(watch)
      watch()
      void result.then(() => reject(new Error(`the process ended without printing "${text}":\n${out}\n${err}`)))
    })
  return { child, result, said }
}

/** Runs the command line to its end. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return await startCli(args, options).result
}
