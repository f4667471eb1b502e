import { setTimeout as pause } from 'node:timers/promises'
import type ivm from 'isolated-vm'
import type { BenchTool, Rival, RunningProgram } from '../rival.ts'
import { firstOutputMs } from './first-output.ts'

const memoryLimit = 256

/** Run time of an endless program before it is stopped, in milliseconds. */
const headStartMs = 30

const prelude = `
  (emit, call, names) => {
    globalThis.text = (value) => { emit(String(value)) }
    const options = { result: { promise: true, copy: true } }
    globalThis.tools = Object.fromEntries(names.split(' ').map((name) => [
      name,
      async (input) => JSON.parse(await call.apply(undefined, [name, JSON.stringify(input)], options)),
    ]))
  }
`

/**
 * isolated-vm inside the measuring process, an isolate for each program, and nothing else: no process boundary, no
 * session, no limits but one. A lower bound, not a rival.
 */
export const bare: Rival = {
  name: 'bare',
  abilities: new Set(['output-items', 'parallel-calls', 'terminate']),
  isInProcess: true,
  prepare: async () => undefined,
  start: async (tools) => ({
    run: async (program) => await runInIsolate(program, tools),
    begin: async (program) => await beginInIsolate(program, tools),
    [Symbol.asyncDispose]: async () => undefined,
  }),
  coldStart: async () => await firstOutputMs(coldModule()),
}

/** Loaded on demand: a process cannot hold two versions of it, and a rival brings another. */
async function engine(): Promise<typeof ivm> {
  return (await import('isolated-vm')).default
}

async function runInIsolate(program: string, tools: readonly BenchTool[]): Promise<readonly string[]> {
  const items: string[] = []
  const isolate = new (await engine()).Isolate({ memoryLimit })
  try {
    await start(isolate, { program, tools, items })
    return items
  } finally {
    if (!isolate.isDisposed) isolate.dispose()
  }
}

async function beginInIsolate(program: string, tools: readonly BenchTool[]): Promise<RunningProgram> {
  const isolate = new (await engine()).Isolate({ memoryLimit })
  const ended = start(isolate, { program, tools, items: [] }).catch(() => undefined)
  await pause(headStartMs)
  return {
    async terminate() {
      isolate.dispose()
      await ended
    },
  }
}

type IsolateProgram = { readonly program: string; readonly tools: readonly BenchTool[]; readonly items: string[] }

async function start(isolate: ivm.Isolate, { program, tools, items }: IsolateProgram): Promise<void> {
  const context = isolate.createContextSync()
  const { Callback, Reference } = await engine()
  const emit = new Callback((item: string) => void items.push(item), { ignored: true })
  const call = new Reference(async (name: string, input: string) => {
    const result = await tools.find((tool) => tool.name === name)?.call(JSON.parse(input))
    return JSON.stringify(result)
  })
  const install: ivm.Reference = context.evalSync(prelude, { reference: true })
  install.applySync(undefined, [emit, call, tools.map(({ name }) => name).join(' ')])
  await context.eval(`(async () => {\n${program}\n})()`, { promise: true })
}

function coldModule(): string {
  return `
    import ivm from ${JSON.stringify(import.meta.resolve('isolated-vm'))}
    const context = new ivm.Isolate().createContextSync()
    process.stdout.write(await context.eval('(async () => "hi")()', { promise: true }))
  `
}
