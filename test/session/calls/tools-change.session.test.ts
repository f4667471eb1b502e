import { expect, test } from 'vitest'
import { createSession, type Tool } from '../../../src/index.ts'
import { sharedHosts } from '../../support/hosts.ts'

const toolNamed = (name: string, answer: string): Tool => ({ name, call: () => answer })

test('a cell keeps the tools it started with after setTools()', async () => {
  const gate = Promise.withResolvers<string>()
  await using session = await createSession({
    hosts: sharedHosts('in-process'),
    tools: [toolNamed('one', 'first'), { name: 'gate', call: () => gate.promise }],
  })
  const program = 'text(ALL_TOOLS.map(({ name }) => name).join()); text(await tools.one())'
  const running = session.execute(`await tools.gate(); ${program}`)
  session.setTools([toolNamed('one', 'second'), toolNamed('two', 'new')])
  gate.resolve('open')
  expect(await running).toMatchObject({ items: [{ text: 'gate,one' }, { text: 'first' }] })
  expect(await session.execute(program)).toMatchObject({ items: [{ text: 'one,two' }, { text: 'second' }] })
  expect(session.catalogue.entries.map(({ identifier }) => identifier)).toEqual(['one', 'two'])
})
