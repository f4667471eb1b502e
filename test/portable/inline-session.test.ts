import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, describe, expect, test } from 'vitest'
import {
  CodecellError,
  createCodeModeTools,
  createHostPool,
  createSession,
  type CellOutcome,
  type CodeModeTools,
  type Session,
  type SessionOptions,
} from '../../src/portable.ts'
import { textsOf } from '../support/texts.ts'

const bytes = readFileSync(createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm'))
const wasm = new WebAssembly.Module(bytes)
const hosts = createHostPool({ wasm })
afterAll(() => hosts[Symbol.asyncDispose]())

async function open(options: SessionOptions = {}): Promise<CodeModeTools & AsyncDisposable & { session: Session }> {
  const session = await createSession({ hosts, ...options })
  return { session, ...createCodeModeTools(session), [Symbol.asyncDispose]: () => session.close() }
}

function shown(outcome: CellOutcome): readonly string[] {
  const items = 'items' in outcome ? outcome.items : []
  return items.map((item) => (item.type === 'input_text' ? item.text : item.type))
}

const untilEnd = { yieldTimeMs: 60_000 }
const six = { name: 'six', description: 'Returns six.', call: () => 6 }

describe('a session on the thread of its caller', () => {
  test('runs programs that call tools, use timers and store values', async () => {
    await using agent = await open({ tools: [six] })
    const first = await agent.session.execute(`
      const all = await Promise.all([tools.six(), tools.six({ a: 1 })])
      await new Promise((resolve) => setTimeout(resolve, 5))
      store('sum', all[0] + all[1])
      text(all)`)
    expect(shown(first)).toEqual(['[6,6]'])
    expect(shown(await agent.session.execute("text(load('sum'))"))).toEqual(['12'])
  })

  test('yields, waits and terminates by the tools exec and wait', async () => {
    await using agent = await open({ tools: [six] })
    const yielded = await agent.exec.call(
      'text("a"); yield_control(); await new Promise((r) => setTimeout(r, 5)); text("b")',
    )
    expect(textsOf(yielded)[1]).toBe('a')
    expect(yielded.cellId).toBe('1')
    expect(textsOf(await agent.wait.call({ cell_id: '1' }))[1]).toBe('b')
    await agent.exec.call('yield_control(); await new Promise(() => {})')
    const ended = await agent.wait.call({ cell_id: '2', terminate: true })
    expect(textsOf(ended)[0]).toMatch(/^Script terminated/)
  })

  test('runs cells in turns, so a cell that waits does not delay another one', async () => {
    const { promise, resolve } = Promise.withResolvers<number>()
    await using agent = await open({ tools: [{ name: 'later', call: () => promise }, six] })
    const waiting = agent.session.execute('text(await tools.later())', untilEnd)
    expect(shown(await agent.session.execute('text(await tools.six())'))).toEqual(['6'])
    resolve(7)
    expect(shown(await waiting)).toEqual(['7'])
  })

  test('fetches the tools of a large catalogue when a program uses them', async () => {
    const tools = Array.from({ length: 500 }, (_, index) => ({ name: `tool_${index}`, call: () => index }))
    await using agent = await open({ tools })
    const outcome = await agent.session.execute(
      'text(await tools.tool_499()); text(ALL_TOOLS.length); text(Object.keys(tools).length)',
    )
    expect(shown(outcome)).toEqual(['499', '501', '501'])
  })

  test('reports syntax errors, errors and their locations', async () => {
    await using agent = await open()
    const syntax = await agent.exec.call('text(1);\nconst = 2')
    expect(textsOf(syntax).join('\n')).toContain('SyntaxError')
    const thrown = await agent.session.execute('text(1)\nthrow new TypeError("no")')
    expect(thrown).toMatchObject({ type: 'failed', limit: null })
    expect(thrown.type === 'failed' ? thrown.errorText : '').toContain('TypeError: no')
  })
})

test('a cell that waits is evicted, and resumes with its values', async () => {
  const { promise, resolve } = Promise.withResolvers<number>()
  const { promise: evicted, resolve: onEvicted } = Promise.withResolvers<void>()
  await using agent = await open({
    tools: [{ name: 'later', call: () => promise }, six],
    evictAfterMs: 0,
    listeners: [{ onEvent: ({ type }) => void (type === 'cell_evicted' && onEvicted()) }],
  })
  const waiting = agent.session.execute(
    'const a = await tools.six(); text(a); text(a + (await tools.later()))',
    untilEnd,
  )
  await evicted
  resolve(7)
  expect(shown(await waiting)).toEqual(['6', '13'])
})

describe('a retained output', () => {
  test('is loaded by running the program again, which emits and calls nothing twice', async () => {
    const calls: string[] = []
    const note = { name: 'note', call: (input: unknown) => void calls.push(JSON.stringify(input)) }
    await using agent = await open({ tools: [note] })
    await agent.exec.call({ code: 'text("a".repeat(100))', max_output_tokens: 1 })
    await agent.exec.call({ code: 'text("b".repeat(50))', max_output_tokens: 1 })
    const read = await agent.exec.call(`
      text('before')
      await tools.note({ n: 1 })
      const length = load('output:1').length
      text(length)
      await tools.note({ n: 2 })
      text([load('output:2').length, load('output:1').length, load('output:77')])`)
    expect(textsOf(read).slice(1)).toEqual(['before', '100', '[50,100,null]'])
    expect(calls).toEqual(['{"n":1}', '{"n":2}'])
  })
})

describe('limits', () => {
  test('a program that loops ends at its CPU limit, and its output is delivered', async () => {
    await using agent = await open({ limits: { maxCpuMsPerCell: 200 }, tools: [six] })
    const [loop, neighbor] = await Promise.all([
      agent.session.execute('text(1); await tools.six(); text(2); for (;;);', untilEnd),
      agent.session.execute('text(await tools.six())', untilEnd),
    ])
    expect(loop).toMatchObject({ type: 'failed', limit: 'cpu_ms' })
    expect(shown(loop)).toEqual(['1', '2'])
    expect(shown(neighbor)).toEqual(['6'])
  })

  test('a program that runs silently ends at the limit of silence', async () => {
    await using agent = await open({ limits: { maxStallMs: 50 } })
    const outcome = await agent.session.execute('text(1); for (;;);', untilEnd)
    expect(outcome).toMatchObject({ type: 'failed', limit: 'stall_ms' })
    expect(shown(outcome)).toEqual(['1'])
  })

  test.each([
    ['in the program', 'const all = []; for (;;) all.push("x".repeat(100_000) + all.length)'],
    [
      'in an async function',
      'const f = async () => { const all = []; for (;;) all.push(new Uint8Array(1_000_000)) }; await f()',
    ],
  ])('memory that is exhausted %s fails the cell', async (_, source) => {
    await using agent = await open({ limits: { maxMemoryMbPerCell: 32, maxCpuMsPerCell: 20_000 } })
    const outcome = await agent.session.execute(source, untilEnd)
    expect(outcome).toMatchObject({ type: 'failed', limit: 'memory' })
  })

  test.each([
    ['plain functions', 'const f = () => f() + 1; try { f() } catch (e) { text(e.name) }'],
    [
      'JSON',
      'let a = []; for (let i = 0; i < 1e5; i++) a = [a]; try { JSON.stringify(a); text("done") } catch (e) { text(e.name) }',
    ],
    ['regular expressions', 'try { text(/^(?:(?:a)+)+$/.test("a".repeat(2e4))) } catch (e) { text(e.name) }'],
    ['sort with getters', 'const o = { get x() { return this.x } }; try { o.x } catch (e) { text(e.name) }'],
  ])('recursion of %s throws and leaves the thread intact', async (_, source) => {
    await using agent = await open({ tools: [six] })
    const outcome = await agent.session.execute(source, untilEnd)
    expect(outcome.type).toBe('completed')
    expect(shown(await agent.session.execute('text(await tools.six())'))).toEqual(['6'])
  })

  test('exit() cannot be caught', async () => {
    await using agent = await open()
    const outcome = await agent.session.execute('try { text(1); exit() } finally { text(2) } text(3)')
    expect(outcome.type).toBe('completed')
    expect(shown(outcome)).toEqual(['1'])
  })
})

describe('options', () => {
  test.each([
    ['bytes', new Uint8Array(bytes)],
    ['a buffer', new Uint8Array(bytes).buffer],
    ['a module', wasm],
  ])('%s start QuickJS', async (_, source) => {
    await using session = await createSession({ wasm: source, tools: [six] })
    expect(shown(await session.execute('text(await tools.six())'))).toEqual(['6'])
  })

  test('a session without hosts and module is refused with the reason', async () => {
    await expect(createSession({ wasm: new Uint8Array(8) })).rejects.toThrow(
      'Cannot start QuickJS: expected a WebAssembly.Module or the bytes of codecell/quickjs.wasm as option "wasm", got bytes that cannot be compiled',
    )
    // A promise of the module is a likely mistake.
    await expect(createSession({ wasm: Promise.resolve(wasm) })).rejects.toThrow('got object')
    expect(() => createHostPool({ wasm, max: 0 })).toThrow(
      'Cannot create a pool of hosts: expected max as an integer from 1 to 64, got 0',
    )
    // @ts-expect-error -- an option of another pool.
    expect(() => createHostPool({ wasm, profile: 'strict' })).toThrow(CodecellError)
  })
})
