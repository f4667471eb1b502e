import { expect, describe, test } from 'vitest'
import { Gate } from '../../support/gate.ts'
import type { Era } from '../served.ts'
import { connectTo, exec, startNodes, tokens, wait } from './fleet.ts'

const eras: readonly Era[] = ['legacy', 'modern']

describe.each(eras)('a client of the %s era, whose requests reach any server of a fleet,', (era) => {
  test('runs programs in one session', async () => {
    const nodes = await startNodes(3)
    const { client } = await connectTo(
      nodes.map(({ url }) => url),
      { era },
    )
    for (let n = 1; n <= 5; n++) {
      expect(await exec(client, 'store("n", (load("n") ?? 0) + 1); text(`run ${load("n")}`)')).toContain(`run ${n}`)
    }
  })

  test('waits for a program that another server runs', async () => {
    const gate = new Gate()
    const nodes = await startNodes(3, { tools: [gate.tool] })
    const { client } = await connectTo(
      nodes.map(({ url }) => url),
      { era },
    )
    expect(await exec(client, 'text("before"); yield_control(); text(await tools.gate({}))')).toContain('cell ID 1')
    await gate.called(1)
    gate.open('opened')
    expect(await wait(client, '1')).toContain('opened')
    expect(gate.calls).toHaveLength(1)
  })
})

test('a client of a fleet does not reach the cells of another token', async () => {
  const nodes = await startNodes(2)
  const urls = nodes.map(({ url }) => url)
  const { client } = await connectTo(urls)
  const { client: other } = await connectTo(urls, { token: tokens[1] ?? '' })
  expect(await exec(client, 'yield_control(); await new Promise(() => {})')).toContain('cell ID 1')
  expect(await wait(other, '1')).toContain('exec cell 1 not found')
})
