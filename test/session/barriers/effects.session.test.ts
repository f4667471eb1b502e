import { describe, expect, test } from 'vitest'
import { effects, expectOnce, type Effect } from './effects.ts'
import { openGated, quiet, sessionLost, storageFailed, type GatedSession } from './gated-session.ts'

/** A session that waits at the barrier before an effect. */
type Waiting = { readonly stage: GatedSession; readonly count: () => number }

async function atBarrier({ options, cause, count }: Effect): Promise<Waiting> {
  let happened = 0
  const onHappened = (): void => void happened++
  const stage = await openGated(options?.(onHappened))
  await cause(stage, onHappened)
  await stage.gate.waited(1)
  await quiet()
  const { session } = stage
  return { stage, count: count === undefined ? () => happened : () => count(session) }
}

describe('an effect that waits for its record', () => {
  test.each(effects)('$name once, after the barrier resolves', async (effect) => {
    const { stage, count } = await atBarrier(effect)
    await using session = stage.session
    expect(count()).toBe(0)
    stage.gate.open()
    await expectOnce(count)
    await quiet()
    expect(count()).toBe(1)
    expect(session.id).toBe('s')
  })

  test.each(effects)('$name not when the records cannot be written', async (effect) => {
    const { stage, count } = await atBarrier(effect)
    stage.gate.fail(storageFailed)
    await quiet()
    expect(count()).toBe(0)
    await stage.session.close()
    await quiet()
    expect(count()).toBe(0)
  })

  test.each(effects)('$name not when the session is lost', async (effect) => {
    const { stage, count } = await atBarrier(effect)
    stage.lose()
    await quiet()
    expect(count()).toBe(0)
    await expect(stage.session.execute('text(1)')).rejects.toBe(sessionLost)
    await stage.session.close()
    expect(count()).toBe(0)
  })
})
