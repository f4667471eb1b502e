import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { createTraceWriter, exportJsonLines, showTrace } from '../../../src/trace.ts'
import { payloadFile } from '../../../src/trace-format.ts'
import { newFolder } from '../../support/folder.ts'
import { runInProcess } from '../../support/in-process-cli.ts'
import { reduced } from '../recorder/recorded.ts'
import { traceId, writeSample } from '../view/write-sample.ts'

let bundle = ''
beforeEach(() => {
  const writer = createTraceWriter({ root: newFolder(), traceId, rootThreadId: 'T1', schema: 2 })
  writeSample(writer)
  bundle = writer.directory ?? ''
})

function trace(...args: readonly string[]): ReturnType<typeof runInProcess> {
  return runInProcess(['trace', ...args])
}

describe('codecell trace show', () => {
  test('codecell trace show prints a bundle without colors where the output is not a terminal', async () => {
    const { code, out, err } = await trace('show', bundle)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(
      out
        .replaceAll(/\d{4}-\S+ \S+ UTC/g, 'TIME')
        .replaceAll(/ *\+?\d+ ms/g, ' N ms')
        .replaceAll(/[·━]{16}/g, 'BAR'),
    ).toBe(`trace ${traceId}  completed · N ms · TIME
thread /root  completed · N ms
  turn turn-1  completed · N ms
 N ms  model provider/model  completed · N ms
 N ms  cell 1 call-1  completed · N ms
               │ text(await tools.add({a: 1}))
 N ms BAR N ms  add {"a":1} → 2
 N ms  model provider/model  completed · N ms
               said: Two.
`)
  })

  test('codecell trace show --cell prints one cell or reports an unknown cell', async () => {
    const one = await trace('show', bundle, '--cell', '1', '--full')
    expect([one.code, one.out.includes('│ text(await tools.add({a: 1}))'), one.out.includes('turn')]).toEqual([
      0,
      true,
      false,
    ])
    expect(await trace('show', bundle, '--cell', '7')).toEqual({
      code: 1,
      out: '',
      err: 'Cannot show cell "7": not found in the bundle\n',
    })
  })
})

test('a damaged or missing payload loses its own content alone', () => {
  const { state, bundle: opened } = reduced(bundle)
  const call = Object.values(state.tool_calls).find(({ requester }) => requester.type === 'code_cell')
  const pathOf = (id: string | null | undefined): string => {
    const reference = state.raw_payloads[id ?? '']
    return join(bundle, reference === undefined ? '' : (payloadFile(reference) ?? ''))
  }
  writeFileSync(pathOf(call?.raw_invocation_payload_id), '{"tool_name"')
  rmSync(pathOf(call?.raw_result_payload_id))
  const rows = [...exportJsonLines(state, opened)].map((line): Record<string, unknown> => JSON.parse(line))
  expect(rows.filter(({ type }) => type === 'nested_call')).toMatchObject([{ name: 'add', input: null, output: null }])
  expect([...showTrace(state, opened)].filter((line) => /━/.test(line))).toEqual([
    expect.stringMatching(/ add {2}→ completed$/),
  ])
})

describe('codecell trace export', () => {
  test('codecell trace export --to jsonl writes lines of JSON to standard output or to a file', async () => {
    const { state, bundle: opened } = reduced(bundle)
    const lines = [...exportJsonLines(state, opened)].map((line) => `${line}\n`).join('')
    expect(await trace('export', bundle, '--to', 'jsonl')).toEqual({ code: 0, out: lines, err: '' })
    const file = join(newFolder(), 'lines.jsonl')
    expect(await trace('export', bundle, '--to', 'jsonl', '-o', file)).toEqual({ code: 0, out: '', err: '' })
    expect(readFileSync(file, 'utf8')).toBe(lines)
  })

  test('codecell trace export writes the other formats as one document', async () => {
    const names = (text: string): readonly string[] => Object.keys(JSON.parse(text))
    expect(names((await trace('export', bundle, '--to', 'chrome')).out)).toEqual(['displayTimeUnit', 'traceEvents'])
    const plain = (await trace('export', bundle, '--to', 'otlp')).out
    expect(names(plain)).toEqual(['resourceSpans'])
    expect(plain).not.toContain('gen_ai.tool.call.arguments')
    expect((await trace('export', bundle, '--to', 'otlp', '--content')).out).toContain('gen_ai.tool.call.arguments')
  })

  test.each([
    [[], 'Cannot run "codecell trace export": expected --to otlp|chrome|jsonl\nSee: codecell help trace export\n'],
    [
      ['--to', 'constructor'],
      'Cannot use --to: expected otlp, chrome or jsonl, got "constructor"\nSee: codecell help trace export\n',
    ],
  ])('codecell trace export %j is a usage error', async (args, err) => {
    expect(await trace('export', bundle, ...args)).toEqual({ code: 2, out: '', err })
  })

  test('codecell trace export reports a file that it cannot write', async () => {
    const folder = newFolder()
    mkdirSync(join(folder, 'taken'))
    const { code, err } = await trace('export', bundle, '--to', 'jsonl', '-o', join(folder, 'taken'))
    expect([code, err]).toEqual([1, expect.stringMatching(/^Cannot write the export: EISDIR/)])
  })
})
