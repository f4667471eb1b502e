import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { createTraceWriter, exportJsonLines } from '../../src/trace.ts'
import * as names from '../../src/trace/telemetry.ts'
import { newFolder } from '../support/folder.ts'
import { reduced } from '../trace/recorded.ts'
import { traceId, writeSample } from '../trace/write-sample.ts'

const workshop = new URL('./.telemetry/', import.meta.url)
afterAll(() => rmSync(workshop, { recursive: true, force: true }))

const page = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

/** Runs the only program of a page. */
function runExample(name: string, ...args: readonly string[]): { readonly stdout: string; readonly stderr: string } {
  const [, block = ''] = /```ts\n([\s\S]*?)```/.exec(page(name)) ?? []
  expect(block).not.toBe('')
  mkdirSync(workshop, { recursive: true })
  const program = new URL(`${name}.ts`, workshop)
  writeFileSync(program, block)
  const { stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(program), ...args], { encoding: 'utf8' })
  return { stdout, stderr }
}

function sample(): { readonly directory: string; readonly lines: readonly string[] } {
  const writer = createTraceWriter({ root: newFolder(), traceId, rootThreadId: 'T1' })
  writeSample(writer)
  const directory = writer.directory ?? ''
  const { state, bundle } = reduced(directory)
  return { directory, lines: [...exportJsonLines(state, bundle)] }
}

test('the example of the page about telemetry runs without an SDK', () => {
  expect(runExample('telemetry.md')).toEqual({ stdout: '2\n', stderr: '' })
})

test('the example of the page about exports runs', () => {
  const { directory, lines } = sample()
  const { stdout, stderr } = runExample('trace-export.md', directory)
  expect(stderr).toBe('')
  expect(stdout).toMatch(new RegExp(`^trace ${traceId} {2}completed[\\s\\S]*\\n${lines.length} ms 1\\n$`))
})

test('the page about exports names each member of a line, and no other', () => {
  const rows = [...page('trace-export.md').matchAll(/^\| (`[^|]*`) \|/gm)].map(([, cells]) => cells ?? '')
  const documented = rows.flatMap((cells) => [...cells.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
  expect(documented.sort()).toEqual(Object.keys(JSON.parse(sample().lines[0] ?? '')).sort())
})

test('the page about telemetry names each event', () => {
  for (const name of Object.values(names.telemetryEvents)) expect(page('telemetry.md')).toContain(`\`${name}\``)
})
