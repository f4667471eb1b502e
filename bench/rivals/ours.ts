import { childrenMb } from '../resident-memory.ts'
import { bigResult, type Contender, type Dialect, type Rival } from './rival.ts'

/** The surface that codecell and the reference share. */
export const codeModeDialect: Dialect = {
  print: (expression) => `text(${expression})`,
  call: (argument) => `tools.echo(${argument})`,
  big: () => 'await tools.big()',
  program: (body) => body,
}

/** codecell as it is shipped: the compiled package, two host processes. */
export function ours(profile: 'default' | 'strict'): Rival {
  return {
    id: profile === 'default' ? 'codecell' : 'codecell-strict',
    name: profile === 'default' ? 'codecell' : 'codecell strict',
    isParallel: true,
    prepare: () => Promise.resolve(),
    start: () => start(profile),
  }
}

async function start(profile: 'default' | 'strict'): Promise<Contender> {
  const entry = new URL('../../dist/index.js', import.meta.url).href
  const { createHostPool, createSession }: typeof import('../../src/index.ts') = await import(entry)
  const hosts = createHostPool({ profile })
  let parked: (() => void) | null = null
  const session = await createSession({
    hosts,
    deadlock: 'wait',
    limits: { cells: 1000 },
    tools: [
      { name: 'echo', call: (input) => input },
      { name: 'big', call: bigResult },
      { name: 'hang', call: () => (parked?.(), new Promise(() => undefined)) },
    ],
  })
  return {
    dialect: codeModeDialect,
    async run(program) {
      const outcome = await session.execute(program, { yieldTimeMs: 120_000 })
      if (outcome.type !== 'completed') throw new Error('errorText' in outcome ? outcome.errorText : outcome.type)
    },
    async stopLoop() {
      const { cellId } = await session.execute('for (;;);', { yieldTimeMs: 30 })
      const startedAt = performance.now()
      await session.terminate(cellId)
      return performance.now() - startedAt
    },
    async park() {
      const called = new Promise<void>((resolve) => {
        parked = resolve
      })
      await session.execute('await tools.hang({})', { yieldTimeMs: 0 })
      await called
    },
    residentMb: () => childrenMb(profile === 'strict' ? '--jitless' : 'host/main'),
    async [Symbol.asyncDispose]() {
      await session.close()
      await hosts[Symbol.asyncDispose]()
    },
  }
}
