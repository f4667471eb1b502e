import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Milliseconds from the start of `node <execArgv> cold-start/<program>` to its first output; the process is ended then. */
export async function timeToOutput(
  program: string,
  execArgv: readonly string[],
  args: readonly string[] = [],
): Promise<number> {
  const path = fileURLToPath(new URL(`../cold-start/${program}`, import.meta.url))
  const start = performance.now()
  const child = spawn(process.execPath, [...execArgv, path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  const output: unknown = await Promise.race([once(child.stdout, 'data'), exit.then(() => null)])
  const elapsed = performance.now() - start
  child.kill('SIGKILL')
  await exit
  if (output === null) throw new Error(`"${program}" ended without output`)
  return elapsed
}
