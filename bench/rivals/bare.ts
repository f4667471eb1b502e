import ivm from 'isolated-vm'
import { codeModeDialect } from './ours.ts'
import { bigResult, type Contender, type Rival } from './rival.ts'

/** isolated-vm by itself, in this process, an isolate for each program: a floor, not a rival. */
export const bare: Rival = {
  id: 'bare',
  name: 'bare isolated-vm',
  isParallel: true,
  prepare: () => Promise.resolve(),
  start: () => Promise.resolve(contender()),
}

const setup = `
let calls = 0
const waiting = new Map()
const ask = (tool, input) => new Promise((resolve) => { waiting.set(++calls, resolve); out(1, calls, tool, JSON.stringify(input ?? null)) })
globalThis.text = (value) => out(0, 0, '', typeof value === 'string' ? value : JSON.stringify(value))
globalThis.tools = { echo: (input) => ask('echo', input), big: () => ask('big'), hang: () => ask('hang') }
globalThis.answer = (id, json) => { const resolve = waiting.get(id); waiting.delete(id); resolve(JSON.parse(json)) }
`

function contender(): Contender {
  const parked: ivm.Isolate[] = []
  return {
    dialect: codeModeDialect,
    async run(program) {
      const { isolate, context, done } = open(() => undefined)
      await context.eval(
        `(async () => { ${program} })().then(() => out(2, 0, '', ''), (e) => out(3, 0, '', String(e)))`,
      )
      await done
      isolate.dispose()
    },
    async stopLoop() {
      const { isolate, context } = open(() => undefined)
      const running = context.eval('for (;;);').catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, 30))
      const startedAt = performance.now()
      isolate.dispose()
      await running
      return performance.now() - startedAt
    },
    async park() {
      const { promise, resolve } = Promise.withResolvers<void>()
      const { isolate, context } = open(resolve)
      parked.push(isolate)
      await context.eval('void tools.hang()')
      await promise
    },
    residentMb: null,
    [Symbol.asyncDispose]: () => {
      for (const isolate of parked) isolate.dispose()
      return Promise.resolve()
    },
  }
}

type Opened = { readonly isolate: ivm.Isolate; readonly context: ivm.Context; readonly done: Promise<void> }

function open(onHang: () => void): Opened {
  const isolate = new ivm.Isolate({ memoryLimit: 256 })
  const context = isolate.createContextSync()
  const { promise: done, resolve, reject } = Promise.withResolvers<void>()
  done.catch(() => undefined)
  let answer: ivm.Reference | null = null
  const reply = (id: number, json: string): void => {
    // The isolate may be gone by the time it would have been answered.
    // oxlint-disable-next-line no-useless-call -- a reference is no function
    answer?.apply(undefined, [id, json]).catch(() => undefined)
  }
  const out = (kind: number, id: number, tool: string, body: string): void => {
    if (kind === 2) resolve()
    else if (kind === 3) reject(new Error(body))
    else if (kind === 1 && tool === 'hang') onHang()
    else if (kind === 1) reply(id, tool === 'big' ? JSON.stringify(bigResult()) : body)
  }
  context.global.setSync('out', new ivm.Callback(out, { ignored: true }))
  context.evalSync(setup)
  answer = context.global.getSync('answer', { reference: true })
  return { isolate, context, done }
}
