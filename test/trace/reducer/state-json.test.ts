import { expect, test } from 'vitest'
import { stateJson } from '../../../src/trace-format.ts'
import { ShardBundle } from '../bundle/shard-bundle.ts'

test('stateJson() returns the text of JSON.stringify() in pieces', () => {
  const items = Array.from({ length: 500 }, (_, index) => ({ role: 'user', content: `${index} ${'x\n'.repeat(100)}` }))
  for (const bundle of [new ShardBundle(), new ShardBundle().request('i1', items)]) {
    const state = bundle.reduce()
    const pieces = [...stateJson(state)]
    expect(pieces.join('\n')).toBe(JSON.stringify(state, null, 2))
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(2 ** 18)
  }
})
