import { expect, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import { sharedHosts } from '../support/hosts.ts'
import { summaryOf } from './outcome-summary.ts'

const patient = { yieldTimeMs: 600_000 }

// The parser is given up after five seconds.
test('a source that keeps the parser for types busy does not take TypeScript from the next source', async () => {
  await using session = await createSession({ hosts: sharedHosts('default') })
  const slow = session.execute(`const n: number = ${'a ? (b) : c => '.repeat(40)}1`, patient)
  const typed = await session.execute('const n: number = 1; text(n)', patient)
  expect(summaryOf(typed)).toEqual({ type: 'completed', printed: ['1'], errorText: null })
  expect((await slow).type).toBe('failed')
})
