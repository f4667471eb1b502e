import { describe, expect, test } from 'vitest'
import { createHostPool, createSession, type CellOutcome } from '../../../src/index.ts'
import { signalHosts } from '../../hostile/host-death/host-processes.ts'
import { Gate } from '../../support/gate.ts'
import { textsOf } from '../../support/texts.ts'

/** Programs that print values that V8 can compute differently in another run. */
const programs: readonly (readonly [name: string, source: string])[] = [
  [
    'the depth of its stack',
    `let depth = 0
const down = () => { depth++; down() }
try { down() } catch {}
const warm = (n) => n === 0 ? 0 : 1 + warm(n - 1)
for (let n = 0; n < 20_000; n++) warm(20)
depth = 0
try { down() } catch {}
text(depth)`,
  ],
  [
    'the bits of a computed NaN',
    `const numbers = new Float64Array(1), bits = new Uint32Array(numbers.buffer)
const nan = (zero) => { numbers[0] = zero / zero; return bits[1] }
const seen = new Set()
for (let n = 0; n < 200_000; n++) seen.add(nan(n % 2 === 0 ? 0 : -0))
text([...seen])`,
  ],
]

const diverged = /^the replay of the program diverged from its recorded run: event 1 is a text again/

describe.runIf(process.platform === 'linux')(
  'a program that prints a value that another run can compute differently',
  () => {
    /** Runs the program to a call, kills its host there, and lets it continue. */
    async function outcomeAfterDeath(profile: 'default' | 'strict', source: string): Promise<CellOutcome> {
      await using hosts = createHostPool({ profile, size: 1, warmIsolates: 1 })
      const gate = new Gate()
      await using session = await createSession({ hosts, tools: [gate.tool] })
      const cell = session.execute(`${source}\nawait tools.gate({}); text('after')`, { yieldTimeMs: 600_000 })
      await gate.called(1)
      signalHosts('SIGKILL')
      gate.open('on')
      return await cell
    }

    test.each(programs)(
      'the program continues after its host dies, or fails with the divergence, when it prints %s',
      async (_, source) => {
        const outcome = await outcomeAfterDeath('default', source)
        if (outcome.type === 'failed') expect(outcome.errorText).toMatch(diverged)
        else expect(textsOf(outcome).at(-1)).toBe('after')
      },
    )

    test.each(programs)(
      'the program continues after its host dies in the strict profile when it prints %s',
      async (_, source) => {
        const outcome = await outcomeAfterDeath('strict', source)
        expect([outcome.type, textsOf(outcome).at(-1)]).toEqual(['completed', 'after'])
      },
    )
  },
)
