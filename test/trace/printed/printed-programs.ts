import fc from 'fast-check'

/** Something that a program does, as a statement. `id` makes the printed text unique. */
type Step = { readonly kind: (typeof kinds)[number]; readonly ms: number }

const kinds = [
  'text',
  'text',
  'lines',
  'empty',
  'long',
  'image',
  'audio',
  'notify',
  'timer',
  'timer',
  'call',
  'yield',
] as const

const step: fc.Arbitrary<Step> = fc.record({ kind: fc.constantFrom(...kinds), ms: fc.integer({ min: 0, max: 12 }) })

/** A program, and what its model does with it. */
export type PrintedPlan = {
  readonly steps: readonly Step[]
  readonly end: 'return' | 'throw' | 'exit' | 'hang'
  readonly hasTypes: boolean
  readonly yieldMs: number
  readonly maxTokens: number | null
  /** How long each wait lasts, in milliseconds. */
  readonly waits: readonly number[]
  readonly last: 'wait' | 'terminate' | 'leave'
}

export const printedPlans: fc.Arbitrary<PrintedPlan> = fc.record({
  steps: fc.array(step, { maxLength: 12 }),
  end: fc.constantFrom('return', 'return', 'throw', 'exit', 'hang'),
  hasTypes: fc.boolean(),
  yieldMs: fc.integer({ min: 0, max: 20 }),
  maxTokens: fc.option(fc.integer({ min: 1, max: 30 }), { freq: 3 }),
  waits: fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 4 }),
  last: fc.constantFrom('wait', 'terminate', 'leave'),
})

/** Returns the source of a plan. No printed text is in the source. */
export function programOf({ steps, end, hasTypes, yieldMs, maxTokens }: PrintedPlan): string {
  const options = { yield_time_ms: yieldMs, ...(maxTokens === null ? {} : { max_output_tokens: maxTokens }) }
  const statements = steps.map(({ kind, ms }, index) => statementOf(kind, index, ms))
  return [
    `// @exec: ${JSON.stringify(options)}`,
    hasTypes ? 'const name: string = "out"' : 'const name = "out"',
    ...statements,
    endings[end],
  ].join('\n')
}

const endings = {
  return: '',
  throw: 'throw new Error("the end")',
  exit: 'exit()',
  hang: 'await new Promise(() => {})',
}

function statementOf(kind: Step['kind'], index: number, ms: number): string {
  const marker = `name + "-${index}."`
  switch (kind) {
    case 'text':
      return `text(${marker})`
    case 'lines':
      return `text(${marker} + "\\nsecond\\n\\nfourth " + ${marker})`
    case 'empty':
      return `text("")`
    case 'long':
      return `text(${marker} + "x".repeat(${ms * 2500}))`
    case 'image':
      return `image("data:image/png;base64,AA" + ${index})`
    case 'audio':
      return `audio("data:audio/mpeg;base64,BB" + ${index})`
    case 'notify':
      return `notify("news of " + ${marker})`
    case 'timer':
      return `await new Promise((resolve) => setTimeout(resolve, ${ms}))`
    case 'call':
      return `text(await tools.echo(${marker} + "from a tool"))`
    case 'yield':
      return 'yield_control()'
    default:
      return kind satisfies never
  }
}
