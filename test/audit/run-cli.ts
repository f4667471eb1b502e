import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url))

export type CliResult = { readonly code: number | null; readonly out: string; readonly err: string }

export type CliRun = {
  readonly child: ChildProcess
  readonly result: Promise<CliResult>
  /** Resolves when standard output has had this text. */
  readonly said: (text: string) => Promise<void>
}

/** Starts the real command line in a folder. */
export function startCli(cwd: string, args: readonly string[], stdin = ''): CliRun {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: 'pipe',
  })
  child.stdin.on('error', () => undefined).end(stdin)
  let out = ''
  let err = ''
  const waiting: { readonly text: string; readonly resolve: () => void }[] = []
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
    for (const { text, resolve } of waiting) if (out.includes(text)) resolve()
  })
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const result = new Promise<CliResult>((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }))
  })
  const said = async (text: string): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push({ text, resolve })
    if (out.includes(text)) resolve()
    const ended = result.then(({ out: all, err: errors }) => {
      if (!all.includes(text)) throw new Error(`it ended without saying "${text}":\n${all}\n${errors}`)
    })
    await Promise.race([promise, ended])
  }
  return { child, result, said }
}

export async function runCli(cwd: string, args: readonly string[], stdin = ''): Promise<CliResult> {
  return await startCli(cwd, args, stdin).result
}
