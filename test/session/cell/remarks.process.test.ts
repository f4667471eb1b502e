import { expect, test } from 'vitest'
import { createSession } from '../../../src/index.ts'
import { createTraceRecorder, openTraceBundle } from '../../../src/trace.ts'
import { runCli } from '../../support/cli.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'

const longYieldTime = { yieldTimeMs: 300_000 }
const tools = [{ name: 'hold', call: () => new Promise(() => undefined) }]
const source = `text(tools.hold({}))
async function main() { throw new Error("x") }
main()`
const remarks = [
  { type: 'calls_cut_off', count: 1, tools: ['hold'] },
  { type: 'rejection_unhandled', reason: 'Error: x' },
  { type: 'promises_used', use: 'printed', count: 1 },
]
const texts = [
  'One call was still running when the script ended, and the results are lost: `hold`. A call that is not awaited ends with the script.',
  'A promise rejected and nothing handled it: Error: x',
  'A promise was printed instead of a value: await it first.',
]

test.each(['default', 'strict'] as const)('a host in the %s profile reports lost work', async (profile) => {
  await using session = await createSession({ hosts: sharedHosts(profile), tools })
  expect(await session.execute(source, longYieldTime)).toMatchObject({ type: 'completed', remarks })
})

test('a trace contains the remarks on lost work', async () => {
  const root = newFolder()
  const recorder = createTraceRecorder({ root })
  {
    await using session = await createSession({
      hosts: sharedHosts('default'),
      tools,
      listeners: [recorder.rootThread.listen()],
    })
    await session.execute(source, { ...longYieldTime, callId: 'call-1' })
  }
  await recorder.close()
  const bundle = openTraceBundle(recorder.directory)
  const lines = [...bundle.cellLogs()].flatMap((found) => [...bundle.readCellLog(found.path)])
  expect(lines.filter(({ type }) => type === 'answered')).toMatchObject([{ status: 'completed', remarks: texts }])
})

test('codecell exec reports lost work as text and as JSON', async () => {
  const lost = 'text(Promise.resolve(1)); async function main() { throw new Error("x") }\nmain()'
  const json = await runCli(['exec', '--json', '-'], { stdin: lost })
  const last: unknown = JSON.parse(json.out.trim().split('\n').at(-1) ?? '')
  const expected = remarks.slice(1).map((remark, index) => ({ ...remark, text: texts[index + 1] }))
  expect(last).toMatchObject({ type: 'result', status: 'completed', remarks: expected })
  const plain = await runCli(['exec', '-'], { stdin: lost })
  expect(plain.err).toContain(`Note: ${texts[1]}\nNote: ${texts[2]}\n`)
  const quiet = await runCli(['exec', '--quiet', '-'], { stdin: lost })
  expect(quiet).toMatchObject({ code: 0, out: '{}\n', err: '' })
})
