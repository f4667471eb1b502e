import { test } from 'vitest'
import { expectDeterministic, hosts } from './determinism.ts'

test.each(hosts)('a host %s emits the same events for the same commands', async (_, start) => {
  await expectDeterministic(start, 15)
})
