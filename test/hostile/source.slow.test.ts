import { expect, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import { sharedHosts } from '../support/hosts.ts'
import { summaryOf } from './outcome-summary.ts'

const longYieldTime = { yieldTimeMs: 600_000 }

// The session abandons the parser after five seconds.
test('a session accepts TypeScript while another source keeps the parser busy', async () => {
  await using session = await createSession({ hosts: sharedHosts('default') })
  const slow = session.execute(`const n: number = ${'a ? (b) : c => '.repeat(40)}1`, longYieldTime)
  const typed = await session.execute('const n: number = 1; text(n)', longYieldTime)
  expect(summaryOf(typed)).toEqual({ type: 'completed', printed: ['1'], errorText: null })
  expect((await slow).type).toBe('failed')
})
