import { describe, expect, test } from 'vitest'
import { createCodeModeTools, createSession, type ContentItem, type Session, type Tool } from '../../src/index.ts'
import { Gate } from '../support/gate.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'
import { passedOn } from '../session/passed-on.ts'

const hosts = sharedHosts('in-process')

/** A session that notes how long each observation may last. In fact it lasts `lastsMs` at most. */
async function open(
  tools: readonly Tool[],
): Promise<{ readonly session: Session; readonly times: number[]; lastsMs: number } & AsyncDisposable> {
  const session = await createSession({ hosts, tools })
  const times: number[] = []
  const opened = { times, lastsMs: 1, [Symbol.asyncDispose]: () => session.close() }
  const watched: Session = {
    ...passedOn(session),
    observe(cellId, options) {
      times.push(options?.yieldTimeMs ?? -1)
      return session.observe(cellId, { ...options, yieldTimeMs: opened.lastsMs })
    },
  }
  return Object.assign(opened, { session: watched })
}

/** The first lines of the items. */
function linesOf(response: { readonly items: readonly ContentItem[] }): string[] {
  return textsOf(response).map((text) => text.split('\n')[0] ?? '')
}

const silent =
  'yield_control(); await tools.gate({ key: "a" }); text("said"); yield_control(); await tools.gate({ key: "b" })'

describe('a wait with backoff', () => {
  test('a wait with backoff lasts longer each time that the cell is silent, and starts over when it prints', async () => {
    const gate = new Gate()
    await using opened = await open([gate.tool])
    const { exec, wait } = createCodeModeTools(opened.session, { waitBackoff: { minMs: 100, maxMs: 500 } })
    await exec.call(silent)
    const ask = async (yieldTimeMs: number): Promise<unknown> =>
      await wait.call({ cell_id: '1', yield_time_ms: yieldTimeMs })
    await ask(0)
    await ask(150)
    await ask(1)
    await ask(1)
    await ask(600)
    await gate.called(1)
    gate.open(null, 'a')
    opened.lastsMs = 600_000
    expect(linesOf(await wait.call({ cell_id: '1', yield_time_ms: 0 }))).toContain('said')
    opened.lastsMs = 1
    await ask(1)
    expect(opened.times).toEqual([100, 200, 400, 500, 600, 500, 100])
  })

  test('a wait with the policy exact lasts as long as the model asks for', async () => {
    const gate = new Gate()
    await using opened = await open([gate.tool])
    const { exec, wait } = createCodeModeTools(opened.session, { waitPolicy: 'exact' })
    await exec.call(silent)
    for (const yieldTimeMs of [0, 0, 5]) await wait.call({ cell_id: '1', yield_time_ms: yieldTimeMs })
    expect(opened.times).toEqual([0, 0, 5])
  })

  test('a wait for several cells ends with the first that has something to say', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const { exec, wait } = createCodeModeTools(session)
    const program = (name: string): string => `yield_control(); text(await tools.gate({ key: "${name}" }))`
    for (const name of ['x', 'y', 'z']) await exec.call(program(name))
    const watching = wait.call({ cell_id: '1', cell_ids: ['2', '3', '1', '9'] })
    // The last does not exist, and says so at once.
    const first = await watching
    expect(linesOf(first)).toEqual([
      'Cell 1:',
      'Script running with cell ID 1',
      'Cell 2:',
      'Script running with cell ID 2',
      'Cell 3:',
      'Script running with cell ID 3',
      'Cell 9:',
      'Script failed',
      'Script error:',
    ])
    expect(JSON.stringify(first.items.at(-1))).toContain('exec cell 9 not found; running cells: 1, 2, 3')
    await gate.called(3)
    gate.open('opened y', 'y')
    const second = await wait.call({ cell_id: '1', cell_ids: ['2', '3'] })
    expect(linesOf(second)).toEqual([
      'Cell 1:',
      'Script running with cell ID 1',
      'Cell 2:',
      'Script completed',
      'opened y',
      'Cell 3:',
      'Script running with cell ID 3',
    ])
    const stopped = await wait.call({ cell_id: '1', cell_ids: ['3'], terminate: true })
    expect(linesOf(stopped)).toEqual(['Cell 1:', 'Script terminated', 'Cell 3:', 'Script terminated'])
  })

  test.each([
    ['text(1); yield_control()', 'completed'],
    ['yield_control(); throw new Error("bad")', 'failed'],
    ['yield_control(); await new Promise(() => {})', 'terminated'],
  ])('a wait for a cell that has ended says how it ended: %s', async (source, ending) => {
    await using session = await createSession({ hosts })
    const { exec, wait } = createCodeModeTools(session)
    await exec.call(source)
    await wait.call({ cell_id: '1', terminate: ending === 'terminated' })
    const again = await wait.call({ cell_id: '1' })
    expect(again.success).toBe(true)
    expect(linesOf(again)).toEqual([
      `Script ${ending}`,
      `Cell 1 has already ended (${ending}). All of its output was delivered.`,
    ])
  })

  test.each([
    [{ minMs: -1 }, 'waitBackoff.minMs -1'],
    [{ maxMs: Number.NaN }, 'waitBackoff.maxMs NaN'],
  ])('createCodeModeTools() refuses the bounds %j', async (waitBackoff, named) => {
    await using session = await createSession({ hosts })
    expect(() => createCodeModeTools(session, { waitBackoff })).toThrow(
      `Cannot use ${named}: expected a non-negative number of milliseconds`,
    )
  })
})
