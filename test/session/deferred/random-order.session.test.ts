import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Session, SessionOptions } from '../../../src/index.ts'
import { textsOf } from '../../support/texts.ts'
import { DeferringTool, places, type Place } from './deferring-session.ts'

const patient = { yieldTimeMs: 600_000 }
const callCount = 4

const source = `
await Promise.all(
  Array.from({ length: ${callCount} }, async (_, n) => {
    text(n + ' ' + await tools.review({ n }).catch(String))
    if (n === 1) text('next ' + await tools.review({ n: 9 }).catch(String))
  }),
)`

/** An action of the test. `call` is the number of a call in the order in which they were made. */
type Step =
  | { readonly type: 'provide' | 'fail' | 'leave'; readonly call: number }
  | { readonly type: 'restart' | 'observe' }

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constantFrom('provide' as const, 'fail' as const, 'leave' as const),
      call: fc.nat({ max: callCount }),
    }),
    fc.record({ type: fc.constantFrom('restart' as const, 'observe' as const) }),
  ),
  { maxLength: 8 },
)

/** A run of steps, with the results that were accepted. */
class Run {
  readonly #place: Place
  readonly #review = new DeferringTool()
  readonly #options: SessionOptions
  readonly #accepted = new Map<string, string>()
  readonly #texts: string[] = []
  #session: Session

  private constructor(place: Place, session: Session, review: DeferringTool, options: SessionOptions) {
    this.#place = place
    this.#session = session
    this.#review = review
    this.#options = options
  }

  static async start(place: Place, evictAfterMs: number): Promise<Run> {
    const review = new DeferringTool()
    const options = { tools: [review.tool], evictAfterMs }
    const session = await place.open(options)
    const run = new Run(place, session, review, options)
    run.#texts.push(...textsOf(await session.execute(source, patient)))
    return run
  }

  async take(step: Step): Promise<void> {
    switch (step.type) {
      case 'restart':
        await this.#session.close()
        this.#session = await this.#place.open(this.#options)
        return
      case 'observe':
        this.#texts.push(...textsOf(await this.#session.observe('1', { yieldTimeMs: 0 })))
        return
      default:
        return await this.#provide(step.type, step.call)
    }
  }

  async #provide(how: 'provide' | 'fail' | 'leave', call: number): Promise<void> {
    const key = this.#review.keys[call]
    if (key === undefined) return
    const value = `${how} ${call}`
    const input = how === 'fail' ? { error: value } : { result: value }
    try {
      if (how === 'leave') await this.#place.leave(key, input)
      else await this.#session.provideResult(key, input)
      if (!this.#accepted.has(key)) this.#accepted.set(key, value)
    } catch (error) {
      expect(error).toMatchObject({ code: 'CALL_NOT_DEFERRED' })
    }
  }

  /** Provides the missing results, and returns what the cell printed and what it must have printed. */
  async end(): Promise<readonly [printed: readonly string[], expected: readonly string[]]> {
    await this.take({ type: 'restart' })
    for (;;) {
      for (let call = 0; call <= callCount; call++) await this.#provide('provide', call)
      const outcome = await this.#session.observe('1', patient)
      this.#texts.push(...textsOf(outcome))
      if (outcome.type !== 'yielded') break
    }
    const { keys } = this.#review
    expect(keys).toHaveLength(callCount + 1)
    const ledger = this.#session.ledger()
    await this.#session.close()
    const expected = ledger.map(({ input, deferral }) => {
      const { n } = JSON.parse(input)
      const body = deferral?.provided?.body ?? ''
      return `${n === 9 ? 'next' : n} ${deferral?.provided?.type === 'tool_error' ? body : JSON.parse(body)}`
    })
    return [this.#texts.toSorted(), expected.toSorted()]
  }

  /** The first accepted result of each call. */
  get accepted(): readonly string[] {
    return [...this.#accepted.values()]
  }
}

test.each(Object.entries(places))(
  'in %s, every deferred call receives its own result once, in any order of results, restarts and evictions',
  async (_name, newPlace) => {
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(0, 60_000), async (taken, evictAfterMs) => {
        const run = await Run.start(newPlace(), evictAfterMs)
        for (const step of taken) await run.take(step)
        const [printed, expected] = await run.end()
        expect(printed).toEqual(expected)
        for (const value of run.accepted) expect(printed.filter((text) => text.endsWith(value))).toHaveLength(1)
      }),
      { numRuns: 4, endOnFailure: true },
    )
  },
)
