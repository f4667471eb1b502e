import { describe, expect, test } from 'vitest'
import { CodecellError } from '../../errors.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import type { CellOutcome } from '../../session/api/outcome.ts'
import type { Session, SessionOptions } from '../../session/api/session-options.ts'
import { createSession } from '../../session/create-session.ts'
import { createCatalogue } from '../../tools/catalogue.ts'
import type { Tool } from '../../tools/tool.ts'
import { sharedHosts } from '../../../test/support/hosts.ts'
import { textsOf } from '../../../test/support/texts.ts'
import { createCodeModeTools } from './code-mode-tools.ts'
import { errorResponse, type ModelResponse } from '../response/response.ts'

describe('exec and wait of a recording session', () => {
  test('exec passes on the source, the call id, the signals and the default yield time', async () => {
    const { session, calls } = recordingSession()
    const { signal } = new AbortController()
    await createCodeModeTools(session).exec.call('text(1)', { callId: 'call-1', signal, preempt: signal })
    expect(calls).toEqual([['execute', 'text(1)', { callId: 'call-1', signal, preempt: signal, yieldTimeMs: 30_000 }]])
  })

  test('exec uses the yield time of the pragma', async () => {
    const { session, calls } = recordingSession()
    await createCodeModeTools(session).exec.call('// @exec: {"yield_time_ms": 0}\ntext(1)')
    expect(calls).toEqual([['execute', 'text(1)', { yieldTimeMs: 0 }]])
  })

  test('wait observes a cell, or terminates it on request', async () => {
    const { session, calls } = recordingSession()
    const { wait } = createCodeModeTools(session, { waitPolicy: 'exact' })
    const { signal } = new AbortController()
    await wait.call({ cell_id: '1' }, { preempt: signal })
    await wait.call('{"cell_id":"1","yield_time_ms":5}')
    await wait.call({ cell_id: '1', terminate: true }, { signal, preempt: signal })
    expect(calls).toEqual([
      ['observe', '1', { preempt: signal, yieldTimeMs: 10_000 }],
      ['observe', '1', { yieldTimeMs: 5 }],
      ['terminate', '1', { signal }],
    ])
  })

  test.each([
    ['the requested budget', {}, 2, 8],
    ['the cap when the requested budget is above it', { maxOutputTokensCap: 1 }, 2, 4],
    ['the requested budget when it is below the cap', { maxOutputTokensCap: 3 }, 2, 8],
    ['the cap when the model requests no budget', { maxOutputTokensCap: 1 }, null, 4],
  ])('a response keeps to %s', async (_what, options, asked, keptBytes) => {
    const { exec, wait } = createCodeModeTools(recordingSession('x'.repeat(100)).session, options)
    const pragma = asked === null ? '' : `// @exec: {"max_output_tokens": ${asked}}\n`
    expect(keptBytesOf(await exec.call(`${pragma}text(1)`))).toBe(keptBytes)
    expect(keptBytesOf(await wait.call({ cell_id: '1', max_tokens: asked }))).toBe(keptBytes)
  })

  test('invalid input does not reach the session', async () => {
    const { session, calls } = recordingSession()
    const { exec, wait } = createCodeModeTools(session)
    await expect(exec.call(' ')).rejects.toMatchObject({ code: 'EXEC_INPUT_INVALID' })
    await expect(wait.call({})).rejects.toMatchObject({ code: 'WAIT_INPUT_INVALID' })
    expect(calls).toEqual([])
  })

  test.each([-1, 0.5, Number.NaN])('createCodeModeTools() refuses a cap of %s tokens', (maxOutputTokensCap) => {
    expect(() => createCodeModeTools(recordingSession().session, { maxOutputTokensCap })).toThrow(
      new CodecellError(
        'INVALID_OPTION',
        `Cannot cap responses at ${maxOutputTokensCap} tokens: expected a non-negative integer`,
      ),
    )
  })
})

describe('exec and wait of a real session', () => {
  const open = (options: SessionOptions = {}): Promise<Session> =>
    createSession({ hosts: sharedHosts('default'), ...options })
  const double: Tool = { name: 'double', call: (input) => ({ doubled: JSON.stringify(input).repeat(2) }) }

  test('a script calls a tool and completes', async () => {
    await using session = await open({ tools: [double] })
    const { exec } = createCodeModeTools(session)
    const response = await exec.call(
      '```ts\nconst { doubled }: { doubled: string } = await tools.double({})\ntext(doubled)\n```',
    )
    expect(response).toEqual({ items: [header('Script completed'), text('{}{}')], success: true, cellId: null })
  })

  test('wait returns the rest of a script that yielded', async () => {
    await using session = await open()
    const { exec, wait } = createCodeModeTools(session)
    const first = await exec.call('text("a"); yield_control(); text("b")')
    expect(first).toEqual({ items: [header('Script running with cell ID 1'), text('a')], success: true, cellId: '1' })
    const second = await wait.call({ cell_id: '1' })
    expect(second).toEqual({ items: [header('Script completed'), text('b')], success: true, cellId: null })
    const third = await wait.call({ cell_id: '1' })
    expect(third).toMatchObject({ success: true, cellId: null })
    expect(textsOf(third)[1]).toBe('Cell 1 has already ended (completed). All of its output was delivered.')
  })

  test('exec returns at once when a script waits for nothing', async () => {
    await using session = await open()
    const { exec, wait } = createCodeModeTools(session)
    const stuck = await exec.call('text("a"); await new Promise(() => {})')
    expect(stuck).toMatchObject({ success: true, cellId: '1' })
    expect(textsOf(stuck).slice(1)).toEqual(['a', expect.stringContaining('so it will never finish')])
    expect(await wait.call({ cell_id: '1', terminate: true })).toEqual({
      items: [header('Script terminated')],
      success: true,
      cellId: null,
    })
  })

  test('a second wait for the same cell is refused with a text for the model', async () => {
    await using session = await open({ tools: [{ name: 'hang', call: () => new Promise(() => undefined) }] })
    const { exec, wait } = createCodeModeTools(session)
    await exec.call('yield_control(); await tools.hang()')
    const first = wait.call({ cell_id: '1', yield_time_ms: 86_400_000 })
    const refusal = await wait.call({ cell_id: '1' }).catch(errorResponse)
    expect(refusal).toEqual({
      items: [text('exec cell 1 already has an active observer')],
      success: false,
      cellId: null,
    })
    await wait.call({ cell_id: '1', terminate: true })
    expect(textsOf(await first)[0]).toMatch(/^Script terminated\n/)
  })
})

function recordingSession(output = ''): { readonly session: Session; readonly calls: readonly unknown[][] } {
  const calls: unknown[][] = []
  const outcome: CellOutcome = { type: 'completed', cellId: '1', items: [text(output)], durationMs: 0 }
  const record =
    (name: string) =>
    (...args: readonly unknown[]): Promise<CellOutcome> => {
      calls.push([name, ...args])
      return Promise.resolve(outcome)
    }
  const methods = { execute: record('execute'), observe: record('observe'), terminate: record('terminate') }
  const catalogue = createCatalogue([])
  const kept = {
    cells: () => [],
    id: 'session',
    ledger: () => [],
    revert: (cellId: string) => Promise.resolve({ cellId, calls: [] }),
    pendingApprovals: () => [],
    decide: async () => undefined,
    provideResult: async () => undefined,
    async *follow() {},
  }
  const rest = { catalogue, setTools: () => undefined, close, [Symbol.asyncDispose]: close }
  return { session: { ...methods, ...kept, ...rest }, calls }
}

function close(): Promise<void> {
  return Promise.resolve()
}

/** The number of x that are left of an output. */
function keptBytesOf(response: ModelResponse): number {
  return textsOf(response)[1]?.match(/x/g)?.length ?? 0
}

function text(value: string): ContentItem {
  return { type: 'input_text', text: value }
}

function header(status: string): unknown {
  const pattern = new RegExp(`^${status}\\nWall time \\d+\\.\\d seconds\\nOutput:\\n$`)
  return { type: 'input_text', text: expect.stringMatching(pattern) }
}
