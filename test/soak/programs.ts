import type { SeededRandom } from '../faults/random.ts'

/** A program that runs to its end, and its allowed results: the type of the outcome, its output, its error. */
export type Program = {
  readonly name: string
  /** Its weight in the selection. */
  readonly weight: number
  readonly source: (n: number) => string
  readonly ends: (n: number) => RegExp
}

/** Continues after 20 ms with pending calls, because a tool may never respond. */
export const orSoon = (calls: string): string =>
  `await Promise.race([Promise.allSettled([${calls}]), new Promise((resolve) => setTimeout(resolve, 20))])`

export const programs: readonly Program[] = [
  { name: 'short', weight: 30, source: (n) => `text(${n} + 1)`, ends: (n) => new RegExp(`^completed ${n + 1}$`) },
  {
    name: 'one call',
    weight: 20,
    source: (n) => `text((await tools.echo({ n: ${n} })).n)`,
    ends: (n) => new RegExp(`^completed ${n}$`),
  },
  {
    name: 'many calls',
    weight: 6,
    source: () =>
      'const all = await Promise.all(Array.from({ length: 60 }, (_, n) => tools.echo({ n }))); text(all.length)',
    ends: () => /^completed 60$/,
  },
  {
    name: 'waits in turn',
    weight: 6,
    source: () =>
      'for (let n = 0; n < 3; n++) { await tools.slow({ ms: 3 }); await new Promise((r) => setTimeout(r, 2)) } text("waited")',
    ends: () => /^completed waited$/,
  },
  {
    name: 'TypeScript',
    weight: 1,
    source: (n) => `const n: number = ${n}; text(n as number)`,
    ends: (n) => new RegExp(`^completed ${n}$`),
  },
  { name: 'throws', weight: 4, source: () => 'throw new Error("by itself")', ends: () => /^failed .*by itself/s },
  { name: 'no syntax', weight: 2, source: () => 'const = 1', ends: () => /^failed .*SyntaxError/s },
  {
    name: 'rejects unhandled',
    weight: 2,
    source: () => 'void tools.throws({}); await tools.slow({ ms: 1 }); text("on")',
    ends: () => /^completed on$/,
  },
  {
    name: 'failing tools',
    weight: 6,
    source: () =>
      'const all = await Promise.allSettled([tools.throws({}), tools.rejects_late({ ms: 3 }), tools.twice({}), tools.checked({}), tools.checked({ n: 1 })]); text(all.map(({ status }) => status[0]).join(""))',
    ends: () => /^completed rrfrf$/,
  },
  {
    name: 'hostile tools',
    weight: 8,
    source: () => `${orSoon('tools.hostile({}), tools.throws_hostile({}), tools.in_steps({})')}; text("survived")`,
    ends: () => /^completed survived$/,
  },
  {
    name: 'ends before its calls',
    weight: 6,
    source: () =>
      'void tools.never({}); void tools.after_end({}); void tools.rejects_late({ ms: 30 }); await tools.slow({ ms: 2 }); text("left")',
    ends: () => /^completed left$/,
  },
  {
    name: 'huge results',
    weight: 2,
    source: () => 'text((await tools.huge({ size: 400_000 })).length + (await tools.huge({ size: 50_000 })).length)',
    ends: () => /^completed 450000$/,
  },
  {
    name: 'overwrites stored values',
    weight: 6,
    source: (n) => `store("k${n % 5}", "${n} ".repeat(2000)); store("last", ${n}); text(typeof load("k0"))`,
    ends: () => /^completed (string|undefined)$/,
  },
  {
    name: 'notifies a handler that hangs',
    weight: 3,
    source: (n) => `notify("quick ${n}"); notify("hang ${n}"); notify("throw ${n}"); text("told")`,
    ends: () => /^completed told$/,
  },
  { name: 'spins', weight: 0.4, source: () => 'for (;;);', ends: () => /^failed .*cpu_ms/s },
  {
    name: 'hoards',
    weight: 0.4,
    source: () => 'const a = []; for (;;) a.push({ a: [] })',
    ends: () => /^failed .*(memory_mb|cpu_ms)/s,
  },
]

/** Selects one of several, by weight. */
export function weighted<Choice extends { readonly weight: number }>(
  random: SeededRandom,
  choices: readonly Choice[],
): Choice {
  let left = random.next() * choices.reduce((sum, { weight }) => sum + weight, 0)
  return choices.find(({ weight }) => (left -= weight) < 0) ?? random.pick(choices)
}
