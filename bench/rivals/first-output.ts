import { spawn } from 'node:child_process'

/**
 * Starts a Node process that runs a module; returns the milliseconds from the start to its first output. Throws without
 * output.
 */
export async function firstOutputMs(module: string): Promise<number> {
  const startedAt = performance.now()
  const args = ['--no-node-snapshot', '--no-warnings', '--input-type=module', '--eval', module]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const { promise, resolve } = Promise.withResolvers<number | null>()
  child.on('error', () => resolve(null))
  child.on('close', () => resolve(firstMs))
  let firstMs: number | null = null
  child.stdout.on('data', () => {
    firstMs ??= performance.now() - startedAt
  })
  const ms = await promise
  if (ms === null) throw new Error('Cannot measure a cold start: the process ended without output')
  return ms
}
