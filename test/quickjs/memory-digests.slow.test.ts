import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { memoryDigests } from './memory-digests.ts'

const program = fileURLToPath(new URL('print-memory-digests.ts', import.meta.url))

/** Flags of V8 that change how it compiles WebAssembly, or its stack. */
const processes = ['--stack-size=900', '--no-liftoff', '--no-wasm-tier-up']

test.each(processes)('a process with %s has the same events and the same memory', (flag) => {
  const args = ['--disable-warning=ExperimentalWarning', flag, program]
  expect(JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))).toEqual(memoryDigests())
})

/** Other runtimes, as commands that run a module of TypeScript, each in a line of `CODECELL_RUNTIMES`. */
const runtimes = (process.env['CODECELL_RUNTIMES'] ?? '').split('\n').filter((line) => line !== '')

test.runIf(runtimes.length > 0).each(runtimes)('%s has the same events and the same memory', (runtime) => {
  const [file = '', ...args] = runtime.split(' ')
  expect(JSON.parse(execFileSync(file, [...args, program], { encoding: 'utf8' }))).toEqual(memoryDigests())
})
