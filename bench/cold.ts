import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { loadRival } from './rivals/all.ts'

/** Starts the named rival, runs one trivial program and says so: what a cold start is, in a process of its own. */
const [, program, name] = process.argv
if (program === fileURLToPath(import.meta.url) && name !== undefined) {
  const contender = await (await loadRival(name)).start()
  await contender.run(contender.dialect.program(contender.dialect.print('"hi"')))
  process.stdout.write('done\n')
  process.kill(process.pid, 'SIGKILL')
}

/** Time from the start of a process to its first output, in milliseconds. Its Node has the flags that isolates need. */
export async function measureColdStart(rivalId: string): Promise<number> {
  const startedAt = performance.now()
  const flags = ['--no-node-snapshot', '--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, [...flags, fileURLToPath(import.meta.url), rivalId], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve, reject) => {
    // Some rivals print while they start.
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('done')) resolve(null)
    })
    child.once('close', () => reject(new Error(`${rivalId} ended before its first output`)))
  })
  return performance.now() - startedAt
}
