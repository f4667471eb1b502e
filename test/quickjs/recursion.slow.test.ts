import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { recursionEnds, type RecursionEnds } from './recursion-ends.ts'
import { testBaseline } from './vm-cell.ts'

/** An error of the language. It has no text where the stack does not suffice to describe it. */
const thrown = /^failed (?:(?:Range|Syntax|Type|Internal)?Error\b.*)?$/

test('programs that recurse or nest too deeply throw on a thread of a host, and never end the instance', async () => {
  const thread = new Worker(new URL('recursion-thread.ts', import.meta.url), { resourceLimits: { stackSizeMb: 32 } })
  const [ends]: RecursionEnds[] = await once(thread, 'message')
  await thread.terminate()
  expectThrown(ends)
}, 120_000)

test('programs that recurse or nest too deeply throw on a thread with a small stack', () => {
  expectThrown(recursionEnds(testBaseline()))
}, 120_000)

function expectThrown(ends: RecursionEnds | undefined): void {
  expect(Object.entries(ends?.shapes ?? {}).filter(([, end]) => !thrown.test(end))).toEqual([])
  expect(Object.entries(ends?.values ?? {}).filter(([, end]) => end !== 'completed')).toEqual([])
  const compiled = Object.entries(ends?.sources ?? {}).filter(
    ([, end]) => !/^(?:syntax_error|completed|failed)/.test(end),
  )
  expect(compiled).toEqual([])
}
