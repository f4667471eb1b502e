import { expect, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'

test.each(['v8', 'quickjs', 'auto'] as const)('a host in this process runs cells of the engine %s', async (engine) => {
  await using hosts = inProcessHostPool({ engine })
  await using session = await createSession({ hosts, tools: [{ name: 'six', call: () => 6 }] })
  const outcome = await session.execute('const n: number = await tools.six(); text(n * 7); text(typeof Intl)')
  expect(outcome).toMatchObject({
    type: 'completed',
    items: [{ text: '42' }, { text: engine === 'quickjs' ? 'undefined' : 'object' }],
  })
})

test('an option that does not exist is refused', () => {
  expect(() => inProcessHostPool(JSON.parse('{ "engines": "v8" }'))).toThrow('did you mean "engine"?')
  expect(() => inProcessHostPool({ engine: JSON.parse('"spidermonkey"') })).toThrow('engine')
})
