import { createCodeModeTools, createHostPool, createSession, fromFunctions } from 'codecell/portable'

const startedAt = performance.now()
const wasm = await WebAssembly.compileStreaming(fetch('/quickjs.wasm'))
const workers = []

function worker() {
  const started = new Worker('/host-worker.js', { type: 'module' })
  workers.push(started)
  return started
}

async function inWorkers(options = {}) {
  workers.length = 0
  const session = await createSession({ wasm, worker, ...options })
  return { session, ...createCodeModeTools(session) }
}

const linesOf = ({ items = [] }) => items.map(({ text = '' }) => text)
const untilEnd = { yieldTimeMs: 60_000 }

const checks = {
  async firstCell() {
    const { session } = await inWorkers({ tools: fromFunctions({ six: () => 6 }) })
    const lines = linesOf(await session.execute('text(await tools.six() * 7)'))
    const firstCellMs = Math.round(performance.now() - startedAt)
    await session.close()
    return { lines, firstCellMs }
  },

  async waiting() {
    const tools = fromFunctions({ later: ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms, ms)) })
    const { session, exec, wait } = await inWorkers({ tools })
    const yielded = await exec.call('text("a"); yield_control(); text(await tools.later({ ms: 20 }))')
    const ended = await wait.call({ cell_id: yielded.cellId })
    const stored = await exec.call('store("key", { list: [1, 2] }); text(load("key"))')
    const retained = await exec.call({ code: 'text("z".repeat(2000))', max_output_tokens: 10 })
    const loaded = await exec.call('text(load("output:3").length)')
    await session.close()
    return [yielded, ended, stored, retained, loaded].map((response) => linesOf(response).at(-1))
  },

  async cpuLimit() {
    const { session } = await inWorkers({ limits: { maxCpuMsPerCell: 500 }, tools: fromFunctions({ six: () => 6 }) })
    const loop = session.execute('text(1); await tools.six(); text(2); for (;;);', untilEnd)
    const neighbor = session.execute('text(await tools.six())', untilEnd)
    const results = await Promise.all([loop, neighbor])
    await session.close()
    return results.map((outcome) => ({ type: outcome.type, limit: outcome.limit ?? null, lines: linesOf(outcome) }))
  },

  /** Terminates a program that loops, while a neighbor waits for a tool. */
  async termination(source) {
    const { promise, resolve } = Promise.withResolvers()
    const tools = fromFunctions({ later: () => promise })
    const { session, exec, wait } = await inWorkers({ tools })
    const neighbor = session.execute('text("before"); text(await tools.later())', untilEnd)
    const loop = await exec.call({ code: source, yield_time_ms: 500 })
    const turns = await turnsWithin(200)
    const ended = await wait.call({ cell_id: loop.cellId, terminate: true })
    resolve('after')
    const lines = linesOf(await neighbor)
    const again = linesOf(await session.execute('text("next")'))
    await session.close()
    const shown = linesOf(loop).slice(1)
    return { shown, ended: linesOf(ended)[0].split('\n')[0], lines, again, workers: workers.length, isFree: turns > 5 }
  },

  /** Runs a program whose worker falls silent, while a neighbor waits for a tool. */
  async silence(source) {
    const { promise, resolve } = Promise.withResolvers()
    const { session } = await inWorkers({ tools: fromFunctions({ later: () => promise }) })
    const neighbor = session.execute('text("before"); text(await tools.later())', untilEnd)
    const silent = await session.execute(source, untilEnd)
    resolve('after')
    const lines = linesOf(await neighbor)
    await session.close()
    return { type: silent.type, lines, shown: linesOf(silent) }
  },

  async hostileContent() {
    const strings = [
      '</script><script>alert(1)</script>',
      '\ud800 lone',
      '\u0000',
      '__proto__',
      '\u2028',
      '😀'.repeat(10_000),
    ]
    const tools = fromFunctions({ echo: (input) => input, strings: () => strings })
    const { session } = await inWorkers({ tools })
    const outcome = await session.execute(`
      const strings = await tools.strings()
      const echoed = await tools.echo({ strings, ['__proto__']: 1, constructor: 'c' })
      text(echoed.strings.every((string, index) => string === strings[index]))
      text(Object.getPrototypeOf(echoed) === Object.prototype)
      text(typeof self + typeof postMessage + typeof fetch + typeof WebAssembly + typeof importScripts)
      try { globalThis.Array.prototype.push = null; Promise.prototype.then = null } catch {}
      for (const string of strings) text(string)`)
    await session.close()
    return { type: outcome.type, lines: linesOf(outcome), isSame: strings[5] === linesOf(outcome)[8] }
  },

  async onThisThread() {
    const hosts = createHostPool({ wasm })
    const session = await createSession({ hosts, tools: fromFunctions({ six: () => 6 }) })
    const { exec, wait } = createCodeModeTools(session)
    const yielded = await exec.call('text(await tools.six()); yield_control(); text(await tools.six())')
    const ended = await wait.call({ cell_id: yielded.cellId })
    await session.close()
    await hosts[Symbol.asyncDispose]()
    return [linesOf(yielded)[1], linesOf(ended)[1]]
  },

  async brokenWorker() {
    const broken = () => new Worker('/missing.js', { type: 'module' })
    return await createSession({ wasm, worker: broken }).then(
      () => 'started',
      (error) => `${error.code}: ${error.message}`,
    )
  },
}

/** Counts the turns that this thread takes within a time. */
async function turnsWithin(ms) {
  const endAt = performance.now() + ms
  let turns = 0
  for (; performance.now() < endAt; turns++) await new Promise((resolve) => setTimeout(resolve, 5))
  return turns
}

globalThis.checks = checks
