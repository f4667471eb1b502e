import { afterAll, describe, expect, test } from 'vitest'
import { createExecAndWait, createSession, type ContentItem, type Session, type Tool } from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'
import { passedOn } from './passed-on.ts'

const hosts = inProcessHostPool()
afterAll(() => hosts[Symbol.asyncDispose]())

/** Tools that answer when they are told to, by the name that they are called with. */
function gates(): { readonly tool: Tool; readonly open: (name: string) => void } {
  const waiting = new Map<string, PromiseWithResolvers<string>>()
  const gate = (name: string): PromiseWithResolvers<string> => {
    const known = waiting.get(name) ?? Promise.withResolvers<string>()
    waiting.set(name, known)
    return known
  }
  return {
    tool: { name: 'gate', kind: 'freeform', call: (input) => gate(String(input)).promise },
    open: (name) => gate(name).resolve(`opened ${name}`),
  }
}

/** A session that tells how long each observation was to last. */
async function open(
  tools: readonly Tool[],
): Promise<{ readonly session: Session; readonly times: number[] } & AsyncDisposable> {
  const session = await createSession({ hosts, tools })
  const times: number[] = []
  const watched: Session = {
    ...passedOn(session),
    observe(cellId, options) {
      times.push(options?.yieldTimeMs ?? -1)
      // The test is not as patient.
      return session.observe(cellId, { ...options, yieldTimeMs: Math.min(options?.yieldTimeMs ?? 0, 20) })
    },
  }
  return { session: watched, times, [Symbol.asyncDispose]: () => session.close() }
}

function texts(items: readonly ContentItem[]): string[] {
  return items.map((item) => (item.type === 'input_text' ? item.text.split('\n')[0] : item.type) ?? '')
}

const silent = 'yield_control(); await tools.gate("a"); text("said"); yield_control(); await tools.gate("b")'

describe('a patient wait', () => {
  test('lasts longer each time that the cell says nothing, and starts again when it says something', async () => {
    const { tool, open: answer } = gates()
    await using opened = await open([tool])
    const { exec, wait } = createExecAndWait(opened.session, { waitFloorMs: 100, waitCeilingMs: 500 })
    await exec(silent)
    const ask = async (yieldTimeMs: number): Promise<unknown> =>
      await wait({ cell_id: '1', yield_time_ms: yieldTimeMs })
    await ask(0)
    await ask(150)
    await ask(1)
    await ask(1)
    await ask(600)
    answer('a')
    expect(texts((await wait({ cell_id: '1', yield_time_ms: 0 })).items)).toContain('said')
    await ask(1)
    expect(opened.times).toEqual([100, 200, 400, 500, 600, 500, 100])
  })

  test('keeps the exact times of the reference where it is told to', async () => {
    const { tool } = gates()
    await using opened = await open([tool])
    const { exec, wait } = createExecAndWait(opened.session, { waitPolicy: 'exact' })
    await exec(silent)
    for (const yieldTimeMs of [0, 0, 5]) await wait({ cell_id: '1', yield_time_ms: yieldTimeMs })
    expect(opened.times).toEqual([0, 0, 5])
  })

  test('can watch several cells: the first that has something to say ends it', async () => {
    const { tool, open: answer } = gates()
    await using session = await createSession({ hosts, tools: [tool] })
    const { exec, wait } = createExecAndWait(session)
    const program = (name: string): string => `yield_control(); text(await tools.gate("${name}"))`
    for (const name of ['x', 'y', 'z']) await exec(program(name))
    const watching = wait({ cell_id: '1', cell_ids: ['2', '3', '1', '9'] })
    // The last does not exist, and says so at once.
    const first = await watching
    expect(texts(first.items)).toEqual([
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
    expect(JSON.stringify(first.items.at(-1))).toContain('exec cell 9 not found; the cells are 1, 2, 3')
    answer('y')
    const second = await wait({ cell_id: '1', cell_ids: ['2', '3'] })
    expect(texts(second.items)).toEqual([
      'Cell 1:',
      'Script running with cell ID 1',
      'Cell 2:',
      'Script completed',
      'opened y',
      'Cell 3:',
      'Script running with cell ID 3',
    ])
    const stopped = await wait({ cell_id: '1', cell_ids: ['3'], terminate: true })
    expect(texts(stopped.items)).toEqual(['Cell 1:', 'Script terminated', 'Cell 3:', 'Script terminated'])
  })

  test.each([
    ['text(1); yield_control()', 'completed'],
    ['yield_control(); throw new Error("bad")', 'failed'],
    ['yield_control(); await new Promise(() => {})', 'terminated'],
  ])('for a cell that ended says how: %s', async (source, ending) => {
    await using session = await createSession({ hosts })
    const { exec, wait } = createExecAndWait(session)
    await exec(source)
    await wait({ cell_id: '1', terminate: ending === 'terminated' })
    const again = await wait({ cell_id: '1' })
    expect(again.success).toBe(true)
    expect(texts(again.items)).toEqual([
      `Script ${ending}`,
      `Cell 1 ended before (${ending}), and all of its output was delivered. There is nothing to wait for.`,
    ])
  })

  test.each([
    [{ waitFloorMs: -1 }, 'waitFloorMs -1'],
    [{ waitCeilingMs: Number.NaN }, 'waitCeilingMs NaN'],
  ])('refuses times that are none: %j', async (options, named) => {
    await using session = await createSession({ hosts })
    expect(() => createExecAndWait(session, options)).toThrow(`Cannot use ${named}: a time from 0 on is expected`)
  })
})
