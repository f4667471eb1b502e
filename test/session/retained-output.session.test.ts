import { describe, expect, test } from 'vitest'
import {
  createCodeModeTools,
  createHostPool,
  createSession,
  type CodeModeTools,
  type Session,
  type SessionOptions,
} from '../../src/index.ts'
import { LaterHosts } from '../hostile/host-death/host-processes.ts'
import { Gate } from '../support/gate.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'
import { sessionParts } from '../support/session-parts.ts'

const hosts = sharedHosts('in-process')

async function open(
  options: SessionOptions = {},
): Promise<CodeModeTools & AsyncDisposable & { readonly session: Session }> {
  const session = await createSession({ hosts, ...options })
  return { session, ...createCodeModeTools(session), [Symbol.asyncDispose]: () => session.close() }
}

describe('truncated output', () => {
  test('a later cell reads truncated output', async () => {
    await using agent = await open()
    const lines = 'Array.from({ length: 20000 }, (_, i) => `line ${i}`).join("\\n")'
    const cut = await agent.exec.call(`text(${lines})`)
    const length = 208_889
    expect(textsOf(cut).slice(2)).toEqual([
      `The whole output is retained: load("output:1") in a later exec returns it as one string (${length} characters).`,
    ])
    expect(textsOf(cut)[1]).toMatch(
      /^Warning: truncated output \(original token count: 52223\)\nTotal output lines: 20000\n/,
    )
    const read = await agent.exec.call(
      'const o = load("output:1"); text(o.length); text(o.split("\\n").filter((l) => l.endsWith("777")).slice(0, 3)); text(o.slice(-10))',
    )
    expect(textsOf(read).slice(1)).toEqual([String(length), '["line 777","line 1777","line 2777"]', 'line 19999'])
  })

  test('a session retains output once when its request is repeated', async () => {
    await using agent = await open()
    const call = ['text("x".repeat(100_000))', { requestId: 'call-1' }] as const
    const cut = await agent.exec.call(...call)
    expect(await agent.exec.call(...call)).toEqual(cut)
    expect(sessionParts(agent.session).retainedOutputs.get('1')?.text).toHaveLength(100_000)
  })

  test('a cell can compute the key of an output at run time', async () => {
    await using agent = await open()
    await agent.exec.call({ code: 'text("a".repeat(100))', max_output_tokens: 1 })
    const read = await agent.exec.call(
      'const get = globalThis["lo" + "ad"]; text(get(["out", "put:", 0 + 1].join("")).length)',
    )
    expect(textsOf(read).slice(1)).toEqual(['100'])
  })

  test('a session retains the output of several responses as one string, including responses that are not truncated', async () => {
    await using agent = await open()
    const gate = new Gate()
    agent.session.setTools([gate.tool])
    const source = `text("first"); yield_control(); await tools.gate({}); text("b".repeat(50)); yield_control();
      await tools.gate({}); text("last"); throw "no"`
    const first = await agent.exec.call({ code: source, max_output_tokens: 100 })
    expect(textsOf(first).slice(1)).toEqual(['first'])
    expect(sessionParts(agent.session).retainedOutputs.list()).toEqual([])
    await gate.called(1)
    gate.open(null)
    const second = await agent.wait.call({ cell_id: '1', max_tokens: 1 })
    expect(textsOf(second).at(-1)).toBe(
      'The whole output so far is retained: load("output:1") in a later exec returns it as one string (56 characters).',
    )
    await gate.called(2)
    gate.open(null)
    const third = await agent.wait.call({ cell_id: '1' })
    expect(textsOf(third).slice(1)).toEqual(['last', 'Script error:\nno'])
    const whole = `first\n${'b'.repeat(50)}\nlast\nScript error:\nno`
    expect(sessionParts(agent.session).retainedOutputs.list()).toEqual([{ cellId: '1', text: whole, isWhole: true }])
    expect(textsOf(await agent.exec.call('text(load("output:1"))')).slice(1)).toEqual([whole])
  })

  test('a session retains the output of a terminated cell', async () => {
    await using agent = await open()
    const gate = new Gate()
    agent.session.setTools([gate.tool])
    await agent.exec.call('yield_control(); text("x".repeat(60)); await tools.gate({})')
    await gate.called(1)
    const end = await agent.wait.call({ cell_id: '1', terminate: true, max_tokens: 2 })
    expect(textsOf(end)[0]).toMatch(/^Script terminated/)
    expect(sessionParts(agent.session).retainedOutputs.get('1')?.text).toBe('x'.repeat(60))
  })

  test('a session retains the texts between images', async () => {
    await using agent = await open()
    const source = 'text("a".repeat(30)); image("data:image/png;base64,AAAA"); text("b".repeat(30))'
    const cut = await agent.exec.call({ code: source, max_output_tokens: 2 })
    expect(cut.items.map(({ type }) => type)).toEqual([
      'input_text',
      'input_text',
      'input_image',
      'input_text',
      'input_text',
    ])
    expect(sessionParts(agent.session).retainedOutputs.get('1')?.text).toBe(`${'a'.repeat(30)}\n${'b'.repeat(30)}`)
  })

  test('a running cell can read its own output, and reads the same again', async () => {
    await using agent = await open()
    const gate = new Gate()
    agent.session.setTools([gate.tool])
    const source = `text("a".repeat(40)); yield_control(); await tools.gate({}); const x = load("output:1")
      text("c".repeat(40)); yield_control(); await tools.gate({}); text([x.length, load("output:1") === x])`
    await agent.exec.call({ code: source, max_output_tokens: 1 })
    await gate.called(1)
    gate.open(null)
    const second = await agent.wait.call({ cell_id: '1', max_tokens: 1 })
    expect(textsOf(second).at(-1)).toContain('(81 characters)')
    await gate.called(2)
    gate.open(null)
    expect(textsOf(await agent.wait.call({ cell_id: '1' })).slice(1)).toEqual(['[40,true]'])
  })

  test('a cell loads nothing under the keys of complete outputs, other cells and missing cells', async () => {
    await using agent = await open()
    await agent.exec.call('text("short")')
    const keys = [
      'output:1',
      'output:2',
      'output:99',
      'output:',
      'output:01',
      'output:1.0',
      'output:-1',
      'output:1e0',
      'output:x',
    ]
    const read = await agent.exec.call(`text(${JSON.stringify(keys)}.map((key) => typeof load(key)))`)
    expect(textsOf(read).slice(1)).toEqual([JSON.stringify(keys.map(() => 'undefined'))])
  })

  test('a cell cannot store a value under the key of an output', async () => {
    await using agent = await open()
    const read = await agent.exec.call(
      'try { store("output:1", "mine") } catch (e) { text(String(e)) }; store("outputs", 1); text(load("outputs"))',
    )
    expect(textsOf(read).slice(1)).toEqual([
      'Unable to store "output:1". Keys that begin with "output:" hold the output of cells and are read only.',
      '1',
    ])
  })

  test.runIf(process.platform === 'linux')('a cell whose host dies reads the same output again', async () => {
    const started = new LaterHosts()
    await using own = createHostPool({ size: 1, warmIsolates: 1 })
    await using session = await createSession({ hosts: own, limits: { maxRetainedCells: 1 } })
    const agent = createCodeModeTools(session)
    await agent.exec.call({ code: 'text("k".repeat(500))', max_output_tokens: 1 })
    const { promise, resolve } = Promise.withResolvers<null>()
    session.setTools([{ name: 'gate', call: () => promise }])
    const source = 'text(load("output:1").length); yield_control(); await tools.gate({}); text(load("output:1").length)'
    expect(textsOf(await agent.exec.call(source)).slice(1)).toEqual(['500'])
    await agent.exec.call({ code: 'text("z".repeat(500))', max_output_tokens: 1 })
    expect(sessionParts(session).retainedOutputs.get('1')?.text).toBeUndefined()
    expect(started.kill()).toBeGreaterThan(0)
    resolve(null)
    expect(textsOf(await agent.wait.call({ cell_id: '2' })).slice(1)).toEqual(['500'])
  })
})

describe('the limits of retained output', () => {
  test('a session drops the output of the oldest cell first', async () => {
    await using agent = await open({ limits: { maxRetainedCells: 3, maxRetainedBytesPerSession: 100 } })
    for (const length of [30, 30, 30, 30, 80]) {
      await agent.exec.call({ code: `text("x".repeat(${length}))`, max_output_tokens: 1 })
    }
    expect(
      sessionParts(agent.session)
        .retainedOutputs.list()
        .map(({ cellId }) => cellId),
    ).toEqual(['5'])
    await agent.exec.call({ code: 'text("x".repeat(20))', max_output_tokens: 1 })
    expect(
      sessionParts(agent.session)
        .retainedOutputs.list()
        .map(({ cellId }) => cellId),
    ).toEqual(['5', '6'])
  })

  test('a session retains the beginning of a long output in whole characters', async () => {
    await using agent = await open({ limits: { maxRetainedBytesPerCell: 10 } })
    const cut = await agent.exec.call({ code: 'text("äöü€€€€")', max_output_tokens: 1 })
    expect(textsOf(cut).at(-1)).toBe(
      'A part of the output is retained: load("output:1") in a later exec returns it as one string (4 characters).',
    )
    expect(sessionParts(agent.session).retainedOutputs.get('1')?.text).toBe('äöü€')
  })

  test('a session does not report an output as whole when its beginning was dropped', async () => {
    await using agent = await open({ limits: { maxRetainedCells: 1 } })
    const gate = new Gate()
    agent.session.setTools([gate.tool])
    const source = 'text("a".repeat(40)); yield_control(); await tools.gate({}); text("b".repeat(40))'
    await agent.exec.call({ code: source, max_output_tokens: 1 })
    await agent.exec.call({ code: 'text("c".repeat(40))', max_output_tokens: 1 })
    await gate.called(1)
    gate.open(null)
    const end = await agent.wait.call({ cell_id: '1', max_tokens: 1 })
    expect(textsOf(end).at(-1)).toMatch(/^A part of the output is retained: .* \(40 characters\)\.$/)
  })

  test('a session with limits of zero retains no output', async () => {
    for (const limits of [{ maxRetainedCells: 0 }, { maxRetainedBytesPerSession: 0 }, { maxRetainedBytesPerCell: 0 }]) {
      await using agent = await open({ limits })
      const cut = await agent.exec.call({ code: 'text("a".repeat(40))', max_output_tokens: 1 })
      expect(cut.items).toHaveLength(2)
    }
  })

  test('a response has a maximum size, even when the model requests more', async () => {
    await using agent = await open()
    const cut = await agent.exec.call({ code: 'text("x".repeat(200000))', max_output_tokens: 1_000_000 })
    expect(textsOf(cut)[1]?.match(/x/g)?.length).toBe(100_000)
  })
})
