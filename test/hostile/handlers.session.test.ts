import { describe, expect, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import { EventWatch } from '../session/following/event-watch.ts'
import { Gate } from '../support/gate.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'

const hosts = sharedHosts('default')
const longYieldTime = { yieldTimeMs: 600_000 }

const fail = (): never => {
  throw new Error('handler')
}

describe('a handler that throws', () => {
  test('an error of onCellClosed does not withhold the response', async () => {
    const session = await createSession({ hosts, onCellClosed: fail })
    expect(textsOf(await session.execute('text(1)', longYieldTime))).toEqual(['1'])
  })

  // An error that reaches the transport counts as a violation of the protocol, and the pool kills the host.
  test('an error of onCellClosed does not end the host', async () => {
    const gate = new Gate()
    const watch = new EventWatch()
    await using other = await createSession({ hosts, tools: [gate.tool], listeners: [watch] })
    const cell = other.execute('text(await tools.gate({}))', longYieldTime)
    await gate.called(1)
    const closed = Promise.withResolvers<void>()
    const session = await createSession({
      hosts,
      onCellClosed: () => {
        closed.resolve()
        fail()
      },
    })
    void session.execute('text(1)', longYieldTime).catch(() => undefined)
    await closed.promise
    gate.open('answer')
    expect(textsOf(await cell)).toEqual(['answer'])
    expect(watch.count('cell_revived')).toBe(0)
  })

  // The session counts the cell before it calls the handler, and nothing else would close the cell.
  test('an error of onStarted leaves no cell behind', async () => {
    await using session = await createSession({ hosts, limits: { maxCellsPerSession: 1 } })
    await session.execute('text(1)', { onStarted: fail }).catch(() => undefined)
    expect(textsOf(await session.execute('text(2)'))).toEqual(['2'])
  })
})
