import { describe, expect, test } from 'vitest'
import type { Session, SessionEvent } from '../../../src/index.ts'
import { textsOf } from '../../support/texts.ts'
import { DeferringTool, openInMemory, places, source, type Place } from './deferring-session.ts'

const patient = { yieldTimeMs: 600_000 }

/** Returns the texts that cell 1 prints from now on, up to its end. */
async function restOf(session: Session): Promise<readonly string[]> {
  const texts: string[] = []
  for (;;) {
    const outcome = await session.observe('1', patient)
    texts.push(...textsOf(outcome))
    if (outcome.type !== 'yielded') return texts
  }
}

describe('a deferred call of a session in memory', () => {
  test('yields once, and its program receives the result when it is provided', async () => {
    const { tool, keys } = new DeferringTool({ note: 'a review by Ann' })
    await using session = await openInMemory({ tools: [tool] })
    const first = await session.execute(source, patient)
    const [key = ''] = keys
    const call = { key, callId: 'tool-1', tool: 'review', note: 'a review by Ann', expiresAt: null }
    expect(first).toMatchObject({ type: 'yielded', stalled: false, deferredCalls: [call], items: [] })
    expect(session.ledger()).toMatchObject([
      { state: 'deferred', endedAt: null, deferral: { note: 'a review by Ann' } },
    ])
    const rest = restOf(session)
    await session.provideResult(key, { result: { approved: true } })
    expect(await rest).toEqual(['{"approved":true}'])
    expect(session.ledger()).toMatchObject([
      { state: 'applied', deferral: { provided: { type: 'tool_response', body: '{"approved":true}' } } },
    ])
  })

  test('survives the eviction of its cell', async () => {
    const evicted = Promise.withResolvers<void>()
    const onEvent = ({ type }: SessionEvent): void => {
      if (type === 'cell_evicted') evicted.resolve()
    }
    const review = new DeferringTool()
    await using session = await openInMemory({ tools: [review.tool], evictAfterMs: 0, listeners: [{ onEvent }] })
    await session.execute(source, patient)
    await evicted.promise
    await session.provideResult(review.key(), { result: 'late' })
    expect(await restOf(session)).toEqual(['late'])
  })

  test('rejects in its cell with a provided error', async () => {
    const review = new DeferringTool()
    await using session = await openInMemory({ tools: [review.tool] })
    await session.execute(source, patient)
    await session.provideResult(review.key(), { error: 'Ann is ill' })
    expect(await restOf(session)).toEqual(['failed: Ann is ill'])
    expect(session.ledger()).toMatchObject([{ state: 'failed', note: 'Ann is ill' }])
  })

  test('does not time out, and is not taken for a deadlock', async () => {
    const review = new DeferringTool()
    const limits = { toolTimeoutMs: 1 }
    await using session = await openInMemory({ tools: [review.tool], deadlock: 'fail', limits })
    const outcome = await session.execute(
      'const review = tools.review({}); await new Promise((done) => setTimeout(done, 20)); text(await review)',
      patient,
    )
    expect(outcome).toMatchObject({ type: 'yielded', stalled: false, deferredCalls: [{ callId: 'tool-1' }] })
    await session.provideResult(review.key(), { result: 'ok' })
    expect(await restOf(session)).toEqual(['ok'])
  })

  test('fails when it expires', async () => {
    const review = new DeferringTool({ timeoutMs: 1 })
    await using session = await openInMemory({ tools: [review.tool] })
    const first = await session.execute(source, patient)
    const texts = [...textsOf(first), ...(first.type === 'yielded' ? await restOf(session) : [])]
    expect(texts).toEqual([
      expect.stringMatching(/^failed: tool `review`: the deferred call expired at 20\d\d-.*Z without a result$/),
    ])
    expect(session.ledger()).toMatchObject([{ state: 'unknown', note: expect.stringContaining('expired') }])
    await expect(session.provideResult(review.key(), { result: 1 })).rejects.toThrow(/expired/)
  })
})

describe.each(Object.entries(places))('a deferred call of a session in %s', (_name, newPlace) => {
  const timings: readonly (readonly [
    string,
    (place: Place, review: DeferringTool, session: Session) => Promise<Session>,
  ])[] = [
    [
      'at once',
      async (_place, review, session) => {
        await session.provideResult(review.key(), { result: 'ok' })
        return session
      },
    ],
    [
      'from another process',
      async (place, review, session) => {
        await place.leave(review.key(), { result: 'ok' })
        return session
      },
    ],
    [
      'while the session is closed',
      async (place, review, session) => {
        await session.close()
        await place.leave(review.key(), { result: 'ok' })
        return await place.open({ tools: [review.tool] })
      },
    ],
    [
      'before the replay of the cell has reached the call',
      async (place, review, session) => {
        await session.close()
        const next = await place.open({ tools: [review.tool] })
        await next.provideResult(review.key(), { result: 'ok' })
        return next
      },
    ],
    [
      'after a restart',
      async (place, review, session) => {
        await session.close()
        const next = await place.open({ tools: [review.tool] })
        expect(await next.observe('1', patient)).toMatchObject({
          type: 'yielded',
          deferredCalls: [{ key: review.key() }],
        })
        await next.provideResult(review.key(), { result: 'ok' })
        return next
      },
    ],
    [
      'after two restarts, the tools being gone',
      async (place, review, session) => {
        await session.close()
        await (await place.open({})).close()
        const next = await place.open({})
        await place.leave(review.key(), { result: 'ok' })
        return next
      },
    ],
  ]

  test.each(timings)('receives a result that is provided %s, and is made once', async (_timing, provide) => {
    const place = newPlace()
    const review = new DeferringTool()
    const first = await place.open({ tools: [review.tool] })
    expect(await first.execute(source, patient)).toMatchObject({ type: 'yielded', deferredCalls: [{}] })
    await using session = await provide(place, review, first)
    expect(await restOf(session)).toEqual(['ok'])
    expect(session.ledger()).toMatchObject([{ state: 'applied', deferral: { provided: { body: '"ok"' } } }])
    expect(review.keys).toHaveLength(1)
    expect(review.signals[0]?.aborted).toBe(false)
  })

  test('expires while the session is closed', async () => {
    const place = newPlace()
    const review = new DeferringTool({ timeoutMs: 1 })
    const first = await place.open({ tools: [review.tool] })
    await first.execute('await new Promise((done) => setTimeout(done, 100_000))', { yieldTimeMs: 0 })
    await first.execute(source, patient)
    await first.close()
    await using session = await place.open({ tools: [review.tool] })
    await expect.poll(() => session.ledger('2')).toMatchObject([{ state: 'unknown' }])
    expect(review.keys).toHaveLength(1)
  })
})
