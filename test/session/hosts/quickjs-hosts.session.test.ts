import { expect, test } from 'vitest'
import { createSession } from '../../../src/index.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'

const longYieldTime = { yieldTimeMs: 600_000 }
const add = { name: 'add', call: (input: unknown) => Number(Object.values(Object(input))[0]) + 1 }

test.each(['quickjs', 'quickjs-strict', 'quickjs-in-process'] as const)(
  '%s hosts run cells with calls, stored values and retained output, and report their engine',
  async (kind) => {
    await using session = await createSession({ hosts: sharedHosts(kind), tools: [add] })
    const source = 'let n = 0; for (let i = 0; i < 3; i++) n = await tools.add({ n }); store("n", n); text(n)'
    expect(textsOf(await session.execute(source, longYieldTime))).toEqual(['3'])
    expect(textsOf(await session.execute('text(load("n")); exit(); text("never")', longYieldTime))).toEqual(['3'])
    expect(await session.execute('let = 1', longYieldTime)).toMatchObject({
      type: 'failed',
      errorText: expect.stringContaining('SyntaxError'),
    })
  },
)

test('a program that loops is terminated, and what it printed before is delivered', async () => {
  await using session = await createSession({ hosts: sharedHosts('quickjs') })
  const looping = await session.execute('text("before"); for (;;);', { yieldTimeMs: 50 })
  const more =
    looping.type === 'yielded' && looping.items.length === 0
      ? await session.observe(looping.cellId, { yieldTimeMs: 1000 })
      : looping
  expect(textsOf(more)).toEqual(['before'])
  expect(await session.terminate(looping.cellId)).toMatchObject({ type: 'terminated' })
  expect(textsOf(await session.execute('text("next")', longYieldTime))).toEqual(['next'])
})
