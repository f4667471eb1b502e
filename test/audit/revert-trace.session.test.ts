import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'
import { createTraceRecorder, exportJsonLines, openTraceBundle, reduceTrace, showTrace } from '../../src/trace.ts'

test('what was undone is on the trace of its cell', async () => {
  const root = mkdtempSync(join(tmpdir(), 'codecell-revert-trace-'))
  try {
    const recorder = createTraceRecorder({ root })
    {
      await using session = await createSession({
        hosts: inProcessHostPool(),
        listeners: [recorder.rootThread.listen()],
        tools: [
          { name: 'add', call: () => 1, revert: () => null },
          { name: 'keep', call: () => 1, revert: () => Promise.reject(new Error('locked')) },
        ],
      })
      await session.execute('await tools.add(); await tools.keep()')
      await session.revert('1')
    }
    await recorder.close()
    const bundle = openTraceBundle(recorder.directory)
    const state = reduceTrace(bundle.manifest, bundle.events(), bundle.payloads)
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
  } finally {
    rmSync(root, { recursive: true })
  }
})
