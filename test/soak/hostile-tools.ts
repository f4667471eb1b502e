import type { Tool, ToolCallContext } from '../../src/index.ts'
import type { SeededRandom } from '../faults/random.ts'
import { hostileValues } from '../hostile/hostile-values.ts'

/** The latest promises that never settle, kept reachable like requests without a response. */
const unanswered = new Set<Promise<never>>()

const makers = Object.values(hostileValues)

/** Returns the value, or throws it, after a delay. */
function later<Value>(ms: number, value: () => Value): Promise<Value> {
  // waits because a tool that takes its time is what these tools are about
  return new Promise((resolve, reject) => {
    setTimeout(() => {
      try {
        resolve(value())
      } catch (error) {
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what was thrown may be anything
        reject(error)
      }
    }, ms)
  })
}

function never(): Promise<never> {
  const promise = new Promise<never>(() => undefined)
  unanswered.add(promise)
  if (unanswered.size > 500) unanswered.clear()
  return promise
}

/** It settles when the result is no longer needed. */
function afterTheEnd({ signal }: ToolCallContext): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  signal.addEventListener('abort', () => void later(5, () => 'late '.repeat(5000)).then(resolve))
  return promise
}

/** It adds a listener for the abort at every step, and removes none. */
async function inSteps({ signal }: ToolCallContext): Promise<number> {
  let ends = 0
  for (let step = 0; step < 5; step++) {
    signal.addEventListener('abort', () => void ends++)
    await later(1, () => step)
  }
  return ends
}

function numberIn(input: unknown, name: string): number {
  if (typeof input !== 'object' || input === null) return 0
  const value: unknown = Object.entries(input).find(([key]) => key === name)?.[1]
  return typeof value === 'number' ? value : 0
}

/**
 * Returns tools that do everything that a tool should not do, and a few that behave. Each call returns new functions.
 */
export function hostileTools(random: SeededRandom): readonly Tool[] {
  const hostile = (): unknown => random.pick(makers)()
  return [
    { name: 'echo', annotations: { readOnlyHint: true }, call: (input) => input },
    { name: 'slow', idempotent: true, call: (input) => later(numberIn(input, 'ms'), () => numberIn(input, 'ms')) },
    {
      name: 'checked',
      inputSchema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
      call: (input) => numberIn(input, 'n'),
    },
    {
      name: 'throws',
      call: () => {
        throw new TypeError('thrown by a tool')
      },
    },
    {
      name: 'throws_hostile',
      call: () => {
        throw hostile()
      },
    },
    { name: 'hostile', call: hostile },
    {
      name: 'rejects_late',
      call: (input) =>
        later(numberIn(input, 'ms'), () => {
          throw new RangeError('rejected by a tool')
        }),
    },
    {
      name: 'twice',
      call: () => ({
        then: (resolve: (value: unknown) => void, reject: (reason: unknown) => void) => {
          resolve('first')
          resolve('second')
          reject(new Error('third'))
        },
      }),
    },
    { name: 'huge', call: (input) => 'huge '.repeat(numberIn(input, 'size') / 5) },
    { name: 'never', call: never },
    { name: 'after_end', call: (_input, context) => afterTheEnd(context) },
    { name: 'in_steps', call: (_input, context) => inSteps(context) },
    { name: 'guarded', needsApproval: 'ask', call: (input) => input },
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- lying is what this tool is for
    { name: 'lying_policy', needsApproval: hostile as () => 'deny', call: () => 'called' },
    { name: 'write', call: (input) => input, revert: () => 'undone' },
    { name: 'write_hostile', call: (input) => input, revert: hostile },
  ]
}
