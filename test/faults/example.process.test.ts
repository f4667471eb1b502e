import { expect, test } from 'vitest'
import { runExample } from './run-example.ts'

test('the example program reports the same when its agent is killed again and again', async () => {
  const quiet = await runExample([])
  expect(quiet.ending).toBe('completed')
  expect(quiet.printed[0]).toBe('# Files per folder')
  const broken = await runExample([1, 3, 17, 30, 5])
  expect([broken.ending, broken.printed]).toEqual(['completed', quiet.printed])
  // Calls that were under way were made again, and no others.
  expect(broken.calls).toBeGreaterThan(quiet.calls)
}, 180_000)
