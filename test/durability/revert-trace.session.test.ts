import { expect, test } from 'vitest'
import { exportJsonLines, showTrace } from '../../src/trace.ts'
import { record } from '../trace/recorder/recorded.ts'

test('a trace shows the reverted calls of a cell', async () => {
  const tools = [
    { name: 'add', call: () => 1, revert: () => null },
    { name: 'keep', call: () => 1, revert: () => Promise.reject(new Error('locked')) },
  ]
  const { state, bundle } = await record({ tools }, async ({ session }) => {
    await session.execute('await tools.add(); await tools.keep()')
    await session.revert('1')
  })
  const shown = [...showTrace(state, bundle, { width: 120, full: false, color: false })]
  expect(shown.filter((line) => line.includes('revert')).map((line) => line.slice(line.indexOf('revert')))).toEqual([
    'revert tool-2 failed: locked',
    'revert tool-1 reverted',
  ])
  const lines = [...exportJsonLines(state, bundle)].map((line): unknown => JSON.parse(line))
  const steps = lines.filter((line) => Object(line).type === 'revert')
  expect(steps).toMatchObject([
    { cell: '1', call: 'tool-2', status: 'failed' },
    { cell: '1', call: 'tool-1', status: 'reverted' },
  ])
})
