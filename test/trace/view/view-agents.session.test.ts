import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTraceRecorder, makeViewData, openTraceBundle, type ViewCell, type ViewData } from '../../../src/trace.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { recordTeam } from '../recorder/record-team.ts'

const prices = {
  currency: 'USD',
  models: {
    'gpt-5.6-sol': { input: 1.25, cachedInput: 0.125, output: 10 },
    'openai/gpt-5.6-luna': { input: 0.25, cachedInput: 0.025, output: 2 },
  },
}

const root = mkdtempSync(join(tmpdir(), 'codecell-agents-'))
let directory = ''
let data: ViewData

beforeAll(async () => {
  const recorder = createTraceRecorder({ root })
  await recordTeam({ recorder, hosts: sharedHosts('in-process'), pace: 0.005 })
  await recorder.close()
  directory = recorder.directory
  data = makeViewData(openTraceBundle(directory), { prices })
})

afterAll(() => rmSync(root, { recursive: true }))

const pathOf = (threadId: string | null): string | undefined => data.threads.find(({ id }) => id === threadId)?.path

/** Returns the end of the cell that a call of `exec` started. */
const endOf = (callId: string): ViewCell['end'] | undefined =>
  data.cells.find(({ id }) => id === `cell:code_cell:${callId}`)?.end

describe('makeViewData() with several agents', () => {
  test('the agents are a tree, with the root first', () => {
    expect(data.problems).toEqual([])
    expect(
      data.threads.map(({ path, nickname, role, task, parent }) => [path, nickname, role, task, pathOf(parent)]),
    ).toEqual([
      ['/root', null, null, null, undefined],
      ['/root/tests', 'Ada', 'worker', 'tests', '/root'],
      ['/root/docs', 'Grace', 'worker', 'docs', '/root'],
      ['/root/docs/links', 'Lin', 'worker', 'links', '/root/docs'],
    ])
    expect(data.rootThreadId).toBe(data.threads[0]?.id)
  })

  test('each edge has its agents, its steps and its text', () => {
    const entries = new Set(data.entries.map(({ id }) => id))
    const items = new Map(data.items.map((item) => [item.id, item]))
    const found = data.edges.map(({ kind, from, to, text }) => [
      kind,
      pathOf(from.threadId),
      pathOf(to.threadId),
      text?.text.slice(0, 12),
    ])
    expect(new Set(found.map((edge) => JSON.stringify(edge)))).toEqual(
      new Set(
        [
          ['spawn_agent', '/root', '/root/tests', 'Run the unit'],
          ['spawn_agent', '/root', '/root/docs', 'Check every '],
          ['spawn_agent', '/root/docs', '/root/docs/links', 'Fetch these '],
          ['agent_result', '/root/docs/links', '/root/docs', 'One of three'],
          ['agent_result', '/root/docs', '/root', 'The docs are'],
          ['agent_result', '/root/tests', '/root', 'Unit tests p'],
          ['agent_result', '/root/tests', '/root', 'Both tests f'],
          ['send_message', '/root', '/root/docs', 'Session fail'],
          ['assign_agent_task', '/root', '/root/tests', 'Run only the'],
          ['close_agent', '/root', '/root/docs', undefined],
        ].map((edge) => JSON.stringify(edge)),
      ),
    )
    for (const { from, to } of data.edges) {
      expect(from.at).toBeLessThanOrEqual(to.at)
      for (const { entry, item, threadId } of [from, to]) {
        if (entry !== null) expect(entries).toContain(entry)
        if (item !== null) expect(items.get(item)?.threadId).toBe(threadId)
      }
    }
  })

  test('the totals are the sums of the threads, which are those of their requests', () => {
    const { totals, threads, entries } = data
    const sum = (of: (totals: ViewData['totals']) => number): number =>
      threads.reduce((all, thread) => all + of(thread.totals), 0)
    expect(sum((each) => each.usage.input_tokens)).toBe(totals.usage.input_tokens)
    expect(sum((each) => each.requests)).toBe(totals.requests)
    expect(sum((each) => each.errors)).toBe(totals.errors)
    const requests = entries.filter(({ type }) => type === 'inference')
    expect(totals.usage.output_tokens).toBe(requests.reduce((all, { usage }) => all + (usage?.output_tokens ?? 0), 0))
    expect(totals.cost).toBeCloseTo(
      requests.reduce((all, { cost }) => all + (cost ?? 0), 0),
      12,
    )
    expect(totals.errors).toBe(entries.filter(({ isError }) => isError).length)
  })

  test('a model without a price has tokens and no cost', () => {
    const links = data.threads.find(({ path }) => path === '/root/docs/links')
    expect(links?.totals).toMatchObject({ cost: null, requests: 3, requestsWithoutPrice: 3 })
    expect(links?.totals.usage.input_tokens).toBeGreaterThan(0)
    expect(data.prices).toEqual({ currency: 'USD', unknownModels: ['small-local'] })
    expect(data.totals.cost).toBeGreaterThan(0)
  })

  test('without prices, nothing has a cost', () => {
    const { totals, entries, prices: shown } = makeViewData(openTraceBundle(directory))
    expect([shown, totals.cost, totals.requestsWithoutPrice]).toEqual([null, null, 0])
    expect(entries.filter(({ cost }) => cost !== null)).toEqual([])
  })

  test.each([
    ['tests-run', { by: 'program', entry: null }],
    ['links-parse', { by: 'program', entry: null }],
    ['tests-loop', { by: 'limit', entry: null }],
    ['tests-watch', { by: 'model', entry: 'call:tests-stop' }],
    ['tests-hold', { by: 'application', entry: null }],
    ['tests-left', { by: 'session', entry: null }],
  ])('the cell %s says what ended it: %j', (callId, end) => {
    expect(endOf(callId)).toEqual(end)
  })

  test('an MCP result with isError is an error with its text, and other failures have their reasons', () => {
    const call = data.entries.find(({ label }) => label === 'mcp__ci__start_runner')
    expect(call).toMatchObject({ status: 'failed', isError: true, name: 'start_runner', server: 'ci' })
    expect(data.toolCalls.find(({ id }) => id === call?.id)?.errorText?.text).toBe(
      'windows-arm64: no runner is free. Try again in 20 minutes.',
    )
    const request = data.entries.find(({ type, isError }) => type === 'inference' && isError)
    expect(request?.failure?.text).toBe('429: the model is overloaded')
  })

  test('a request lists what was new in it, and a compaction what it replaced', () => {
    const docs = data.threads.find(({ path }) => path === '/root/docs')?.id
    const [compaction, ...more] = data.compactions
    expect(more).toEqual([])
    expect(compaction).toMatchObject({ threadId: docs, after: 2 })
    const requests = data.requests.filter(({ threadId }) => threadId === docs)
    const afterwards = requests.find(({ removed }) => removed > 0)
    expect(afterwards).toMatchObject({ kept: 0, removed: 5 })
    const retried = requests[2]
    expect(retried).toMatchObject({ added: [], rest: [], removed: 0 })
  })

  test('items have the names that programs use, their steps, and the agents of a message', () => {
    const names = new Set(data.items.map(({ name }) => name))
    expect(names).toEqual(
      new Set(['close_agent', 'exec', 'followup_task', 'send_message', 'spawn_agent', 'wait', 'wait_agent', null]),
    )
    const calls = data.items.filter(({ callId }) => callId !== null)
    const entries = new Set(data.entries.map(({ id }) => id))
    expect(calls.filter(({ entry }) => entry === null || !entries.has(entry))).toEqual([])
    const letter = data.items.find(
      ({ text }) => text.text === 'Session failures block the release: the docs agent can stop.',
    )
    expect([letter?.author, letter?.recipient]).toEqual(['/root', '/root/docs'])
  })
})
