import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createCodeModeTools, createSession, readSession, type SessionEvent } from '../../../src/index.ts'
import { createTraceRecorder } from '../../../src/trace.ts'
import { newFolder } from '../../support/folder.ts'
import { runInProcess } from '../../support/in-process-cli.ts'
import { textsOf } from '../../support/texts.ts'
import { shortOf } from '../following/followers.ts'
import { DeferringTool, openInMemory, places, source } from './deferring-session.ts'

const patient = { yieldTimeMs: 600_000 }

test('listeners and followers receive the start, the deferral and the end of a call, in this order', async () => {
  const types: string[] = []
  const onEvent = ({ type }: SessionEvent): void => {
    if (type.startsWith('nested_call')) types.push(type)
  }
  const review = new DeferringTool({ note: 'by Ann' })
  await using session = await openInMemory({ tools: [review.tool], listeners: [{ onEvent }] })
  await session.execute(source, patient)
  const events: string[] = []
  for await (const event of session.follow('1')) {
    events.push(shortOf(event))
    if (event.type === 'yielded') {
      expect(event.deferredCalls).toMatchObject([{ key: review.key(), note: 'by Ann' }])
      await session.provideResult(review.key(), { result: 'ok' })
    }
  }
  expect(types).toEqual(['nested_call_started', 'nested_call_deferred', 'nested_call_ended'])
  expect(events).toEqual(['+tool-1', 'yielded', '-tool-1 succeeded', 'ok', 'completed'])
})

test('a trace shows the deferral of a call between its start and its end', async () => {
  const recorder = createTraceRecorder({ root: newFolder(), threadId: 'T1' })
  const review = new DeferringTool({ note: 'by Ann' })
  const session = await openInMemory({ tools: [review.tool], listeners: [recorder.rootThread.listen()] })
  await session.execute(source, patient)
  await session.provideResult(review.key(), { result: 'ok' })
  await session.observe('1', patient)
  await session.close()
  await recorder.close()
  const shown = await runInProcess(['trace', 'export', recorder.directory, '--to', 'jsonl', '--output', '-'])
  const entries = shown.out
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  expect(entries).toContainEqual(expect.objectContaining({ type: 'deferral', call: 'tool-1' }))
})

test('the model reads what a cell waits for, and a later wait lasts until the result arrives', async () => {
  const review = new DeferringTool({ note: 'a review by Ann' })
  await using session = await openInMemory({ tools: [review.tool] })
  const { exec, wait } = createCodeModeTools(session, { waitBackoff: { minMs: 600_000, maxMs: 600_000 } })
  const first = textsOf(await exec.call(source))
  expect(first).toEqual([
    expect.stringMatching(/^Script running with cell ID 1\n/),
    'This script waits for results that arrive later, possibly after hours: review (tool-1: a review by Ann). It resumes by itself when one arrives. Do other work or end your turn; a call of wait does not bring a result sooner.',
  ])
  const later = wait.call({ cell_id: '1' })
  await session.provideResult(review.key(), { result: 'ok' })
  expect(textsOf(await later)).toEqual([expect.stringMatching(/^Script completed\n/), 'ok'])
})

test('a response yields again when one of several results has arrived, and not while other work is under way', async () => {
  const review = new DeferringTool()
  await using session = await openInMemory({ tools: [review.tool] })
  const program =
    'const all = [1, 2].map((n) => tools.review({ n }).then(text)); await new Promise((done) => setTimeout(done, 5)); await Promise.all(all)'
  const first = await session.execute(program, patient)
  expect(first).toMatchObject({ type: 'yielded', deferredCalls: [{}, {}] })
  const second = session.observe('1', patient)
  await session.provideResult(review.key(1), { result: 'b' })
  expect(await second).toMatchObject({ deferredCalls: [{ callId: 'tool-1' }], items: [{ text: 'b' }] })
  const last = session.observe('1', patient)
  await session.provideResult(review.key(0), { result: 'a' })
  expect(await last).toMatchObject({ type: 'completed', items: [{ text: 'a' }] })
})

test('codecell lists deferred calls, provides their results, and exits with 5 while a program waits for them', async () => {
  const storage = newFolder()
  const review = new DeferringTool({ note: 'a review by Ann', timeoutMs: 7_300_000 })
  const session = await createSession({ storage, sessionId: 'work', tools: [review.tool] })
  await session.execute('await Promise.all([1, 2].map((n) => tools.review({ n }).then(text)))', patient)
  await session.close()
  const key = review.key()
  const folder = ['--durable', storage]
  const cells = await runInProcess(['cells', 'work', ...folder])
  expect(cells.out).toContain(`waits for the result of review (${key}, expires in 2 h)`)
  const ledger = await runInProcess(['ledger', 'work', ...folder, '--state', 'deferred'])
  expect(ledger.out).toMatch(/ deferred .*expires in 2 h: a review by Ann\n/)
  const cellsJson: unknown = JSON.parse((await runInProcess(['cells', 'work', ...folder, '--json'])).out)
  expect(cellsJson).toMatchObject({ waits: [{ type: 'result', key, note: 'a review by Ann' }, {}] })
  const resume = ['exec', '--resume', ...folder, '--session', 'work']
  expect(await runInProcess(resume)).toMatchObject({
    code: 5,
    err: expect.stringContaining(
      `The script waits for the results of deferred calls:\n  ${key}  review: a review by Ann\n`,
    ),
  })
  expect(await runInProcess(['answer', 'work', key, ...folder, '--json', '{"ok":'])).toMatchObject({ code: 2 })
  expect(await runInProcess(['answer', 'work', key, ...folder])).toMatchObject({ code: 2 })
  const answered = await runInProcess(['answer', 'work', key, '-', ...folder], { stdin: '{"ok":true}' })
  expect(answered).toEqual({ code: 0, out: '', err: '' })
  const again = await runInProcess(['answer', 'work', key, ...folder, '--json', '1'])
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('a result was provided at')])
  expect(readdirSync(join(storage, 'work', 'inbox'))).toHaveLength(1)
  const second = await runInProcess([...resume, '--json'])
  expect(second.code).toBe(5)
  expect(second.out).toContain(JSON.stringify('{"ok":true}'))
  expect(second.out).toContain(`{"type":"waiting","calls":[{"id":"tool-2","tool":"review","key":"${review.key(1)}"`)
  await runInProcess(['answer', 'work', review.key(1), ...folder, '--error', 'no'])
  expect(await runInProcess([...resume, '--quiet'])).toMatchObject({ code: 1, err: expect.stringContaining('no') })
  expect(readSession({ storage, sessionId: 'work' }).ledger.map(({ state }) => state)).toEqual(['applied', 'failed'])
})

test('a session in a log that is released is due when a deferred call expires', async () => {
  const place = places['a log']()
  const review = new DeferringTool({ expiresAt: 5_000_000_000_000 })
  const session = await place.open({ tools: [review.tool] })
  await session.execute(source, patient)
  await session.close()
  // Wake-ups that are far are spread over a second.
  expect(Math.floor((place.wakeAt() ?? 0) / 1000)).toBe(5_000_000_000)
})
