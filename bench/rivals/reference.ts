import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { installReference } from '../../scripts/reference/install-reference.ts'
import { createReferenceAdapter } from '../../scripts/reference/reference-adapter.ts'
import { isRecord } from '../../src/protocol/json.ts'
import type { Adapter, AdapterSession, CellResponse } from '../../test/conformance/adapter.ts'
import type { BenchTool, Rival, RunningProgram, RunningRival } from '../rival.ts'
import { buildPackage, builtCommand } from './built-package.ts'

/** Longer than any program of the benchmark, in milliseconds: no cell yields by itself. */
const yieldMs = 250_000

/** Run time of an endless program before it is stopped, in milliseconds. */
const headStartMs = 30

/** The stand-alone host of the reference, a native program, over framed JSON on its standard streams. */
export const reference: Rival = {
  ...framedHost('reference', async () => (await installReference()).host),
  abilities: new Set(['output-items', 'parallel-calls', 'terminate', 'reduce-traces']),
  async reducer(bundle, output) {
    const { codex } = await installReference()
    return [codex, 'debug', 'trace-reduce', bundle, '--output', output]
  },
}

/** The same client with `codecell codex-host`. */
export const forCodex: Rival = framedHost('ours-for-codex', async () => {
  await buildPackage()
  const executable = fileURLToPath(new URL('../../node_modules/.cache/codecell-codex-host', import.meta.url))
  writeFileSync(executable, `#!/bin/sh\nexec '${process.execPath}' '${builtCommand}' codex-host\n`, { mode: 0o755 })
  return executable
})

/** A program with the framed protocol of the reference. */
function framedHost(name: Rival['name'], install: () => Promise<string>): Rival {
  return {
    name,
    abilities: new Set(['output-items', 'parallel-calls', 'terminate']),
    isInProcess: false,
    async prepare() {
      await install()
    },
    start: async (tools) => await openHost(createReferenceAdapter(await install()), tools),
    async coldStart() {
      const executable = await install()
      const startedAt = performance.now()
      await using host = await openHost(createReferenceAdapter(executable), [])
      await host.run('text("hi")')
      return performance.now() - startedAt
    },
  }
}

async function openHost(adapter: Adapter, tools: readonly BenchTool[]): Promise<RunningRival> {
  const session = await adapter.openSession({
    tools: tools.map(({ name }) => ({ ...plainTool, name })),
    maxYieldMs: undefined,
    boundedOutput: false,
    deferAll: false,
    onToolCall: async ({ name, input }) => await tools.find((tool) => tool.name === name)?.call(input),
    onNotify: async () => undefined,
    onClosed: () => undefined,
  })
  return {
    run: async (program) => textsOf(await execute(session, program, yieldMs)),
    begin: async (program) => await begin(session, program),
    [Symbol.asyncDispose]: () => adapter[Symbol.asyncDispose](),
  }
}

const plainTool = {
  namespace: null,
  kind: 'function',
  description: undefined,
  inputSchema: null,
  outputSchema: null,
  behaviour: { type: 'result', result: null },
} as const

async function execute(session: AdapterSession, program: string, limitMs: number): Promise<CellResponse> {
  const { signal } = new AbortController()
  return await session.execute(program, {
    yieldMs: limitMs,
    maxTokens: undefined,
    callId: undefined,
    signal,
    preempt: signal,
  })
}

async function begin(session: AdapterSession, program: string): Promise<RunningProgram> {
  const { outcome, cell } = await execute(session, program, headStartMs)
  if (outcome !== 'yielded') throw new Error(`Cannot stop the program: expected it to be running, got ${outcome}`)
  return {
    async terminate() {
      const { outcome: end } = await session.terminate(cell, { maxTokens: undefined })
      if (end !== 'terminated') throw new Error(`expected the program to be terminated, got ${end}`)
    },
  }
}

function textsOf({ outcome, items, error }: CellResponse): readonly string[] {
  if (error !== null) throw new Error(error)
  if (outcome !== 'result') throw new Error(`The program is ${outcome}`)
  return items.map((item) => (isRecord(item) ? String(item['text']) : ''))
}
