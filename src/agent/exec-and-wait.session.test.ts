import { createCatalogue } from '../tools/catalogue.ts'
import { afterAll, describe, expect, test } from 'vitest'
import { CodecellError } from '../errors.ts'
import type { ContentItem } from '../protocol/content-item.ts'
import type { Outcome } from '../session/outcome.ts'
import type { Session, SessionOptions } from '../session/session-options.ts'
import { createHostPool } from '../session/hosts/host-pool.ts'
import { createSession } from '../session/session.ts'
import type { Tool } from '../tools/tool.ts'
import { createExecAndWait } from './exec-and-wait.ts'
import { errorResponse, type ModelResponse } from './response.ts'

describe('over a session that only records', () => {
  test('exec passes source, call id, signals and the default yield time on', async () => {
    const { session, calls } = recordingSession()
    const { signal } = new AbortController()
    await createExecAndWait(session).exec('text(1)', { callId: 'call-1', signal, preempt: signal })
    expect(calls).toEqual([['execute', 'text(1)', { callId: 'call-1', signal, preempt: signal, yieldTimeMs: 30_000 }]])
  })

  test('exec takes the yield time of the pragma', async () => {
    const { session, calls } = recordingSession()
    await createExecAndWait(session).exec('// @exec: {"yield_time_ms": 0}\ntext(1)')
    expect(calls).toEqual([['execute', 'text(1)', { yieldTimeMs: 0 }]])
  })

  test('wait observes, or terminates when it is told to', async () => {
    const { session, calls } = recordingSession()
    const { wait } = createExecAndWait(session, { waitPolicy: 'exact' })
    const { signal } = new AbortController()
    await wait({ cell_id: '1' }, { preempt: signal })
    await wait('{"cell_id":"1","yield_time_ms":5}')
    await wait({ cell_id: '1', terminate: true }, { signal, preempt: signal })
    expect(calls).toEqual([
      ['observe', '1', { preempt: signal, yieldTimeMs: 10_000 }],
      ['observe', '1', { yieldTimeMs: 5 }],
      ['terminate', '1', { signal }],
    ])
  })

  test.each([
    ['the budget that was asked for', {}, 2, 8],
    ['the cap where more was asked for', { maxOutputTokensCap: 1 }, 2, 4],
    ['the budget below the cap', { maxOutputTokensCap: 3 }, 2, 8],
    ['the cap where nothing was asked for', { maxOutputTokensCap: 1 }, null, 4],
  ])('responses keep to %s', async (_what, options, asked, keptBytes) => {
    const { exec, wait } = createExecAndWait(recordingSession('x'.repeat(100)).session, options)
    const pragma = asked === null ? '' : `// @exec: {"max_output_tokens": ${asked}}\n`
    expect(keptBytesOf(await exec(`${pragma}text(1)`))).toBe(keptBytes)
    expect(keptBytesOf(await wait({ cell_id: '1', max_tokens: asked }))).toBe(keptBytes)
  })

  test('input that cannot be read starts nothing', async () => {
    const { session, calls } = recordingSession()
    const { exec, wait } = createExecAndWait(session)
    await expect(exec(' ')).rejects.toMatchObject({ code: 'EXEC_INPUT_INVALID' })
    await expect(wait({})).rejects.toMatchObject({ code: 'WAIT_INPUT_INVALID' })
    expect(calls).toEqual([])
  })

  test.each([-1, 0.5, Number.NaN])('a cap of %s tokens is refused', (maxOutputTokensCap) => {
    expect(() => createExecAndWait(recordingSession().session, { maxOutputTokensCap })).toThrow(
      new CodecellError(
        'INVALID_OPTION',
        `Cannot cap responses at ${maxOutputTokensCap} tokens: a whole number from 0 on is expected`,
      ),
    )
  })
})

describe('over a real session', () => {
  const hosts = createHostPool({ size: 1 })
  afterAll(() => hosts[Symbol.asyncDispose]())
  const open = (options: SessionOptions = {}): Promise<Session> => createSession({ hosts, ...options })
  const double: Tool = { name: 'double', call: (input) => ({ doubled: JSON.stringify(input).repeat(2) }) }

  test('a script calls a tool and completes', async () => {
    await using session = await open({ tools: [double] })
    const { exec } = createExecAndWait(session)
    const response = await exec(
      '```ts\nconst { doubled }: { doubled: string } = await tools.double({})\ntext(doubled)\n```',
    )
    expect(response).toEqual({ items: [header('Script completed'), text('{}{}')], success: true, cellId: null })
  })

  test('a script goes on after a yield, and wait brings the rest', async () => {
    await using session = await open()
    const { exec, wait } = createExecAndWait(session)
    const first = await exec('text("a"); yield_control(); text("b")')
    expect(first).toEqual({ items: [header('Script running with cell ID 1'), text('a')], success: true, cellId: '1' })
    const second = await wait({ cell_id: '1' })
    expect(second).toEqual({ items: [header('Script completed'), text('b')], success: true, cellId: null })
    const third = await wait({ cell_id: '1' })
    expect(third).toMatchObject({ success: true, cellId: null })
    expect(texts(third)[1]).toBe(
      'Cell 1 ended before (completed), and all of its output was delivered. There is nothing to wait for.',
    )
  })

  test('a script that waits for nothing says so at once and can be terminated', async () => {
    await using session = await open()
    const { exec, wait } = createExecAndWait(session)
    const stuck = await exec('text("a"); await new Promise(() => {})')
    expect(stuck).toMatchObject({ success: true, cellId: '1' })
    expect(texts(stuck).slice(1)).toEqual(['a', expect.stringContaining('so it will never finish')])
    expect(await wait({ cell_id: '1', terminate: true })).toEqual({
      items: [header('Script terminated')],
      success: true,
      cellId: null,
    })
  })

  test('a second observer is refused with a text for the model', async () => {
    await using session = await open({ tools: [{ name: 'hang', call: () => new Promise(() => undefined) }] })
    const { exec, wait } = createExecAndWait(session)
    await exec('yield_control(); await tools.hang()')
    const first = wait({ cell_id: '1' })
    const refusal = await wait({ cell_id: '1' }).catch(errorResponse)
    expect(refusal).toEqual({
      items: [text('exec cell 1 already has an active observer')],
      success: false,
      cellId: null,
    })
    await wait({ cell_id: '1', terminate: true })
    expect(texts(await first)[0]).toMatch(/^Script terminated\n/)
  })
})

function recordingSession(output = ''): { readonly session: Session; readonly calls: readonly unknown[][] } {
  const calls: unknown[][] = []
  const outcome: Outcome = { type: 'completed', cellId: '1', items: [text(output)], durationMs: 0 }
  const record =
    (name: string) =>
    (...args: readonly unknown[]): Promise<Outcome> => {
      calls.push([name, ...args])
      return Promise.resolve(outcome)
    }
  const methods = { execute: record('execute'), observe: record('observe'), terminate: record('terminate') }
  const catalogue = createCatalogue([])
  const kept = {
    keepOutput: () => null,
    keptOutput: () => undefined,
    keptOutputs: () => [],
    cells: () => [],
    endingOf: () => null,
    id: 'session',
    ledger: () => [],
    revert: (cellId: string) => Promise.resolve({ cellId, calls: [] }),
    pendingApprovals: () => [],
    decide: () => undefined,
  }
  const rest = { catalogue, setTools: () => undefined, close, [Symbol.asyncDispose]: close }
  return { session: { ...methods, ...kept, ...rest }, calls }
}

function close(): Promise<void> {
  return Promise.resolve()
}

/** How much of an output of nothing but x is left. */
function keptBytesOf(response: ModelResponse): number {
  return texts(response)[1]?.match(/x/g)?.length ?? 0
}

function texts({ items }: ModelResponse): readonly string[] {
  return items.map((item) => (item.type === 'input_text' ? item.text : item.type))
}

function text(value: string): ContentItem {
  return { type: 'input_text', text: value }
}

function header(status: string): unknown {
  const pattern = new RegExp(`^${status}\\nWall time \\d+\\.\\d seconds\\nOutput:\\n$`)
  return { type: 'input_text', text: expect.stringMatching(pattern) }
}
