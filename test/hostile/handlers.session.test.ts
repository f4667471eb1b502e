import { afterAll, describe, expect, test } from 'vitest'
import { createHostPool, createSession } from '../../src/index.ts'
import { hostProcesses } from './host-processes.ts'
import { texts } from './hosts-under-test.ts'

const fail = (): never => {
  throw new Error('handler')
}

describe('a handler of the session that throws', () => {
  const hosts = createHostPool({ size: 1 })
  afterAll(() => hosts[Symbol.asyncDispose]())

  // The error goes up through the transport, which takes it for a breach of the protocol and kills the host.
  test('when a cell is closed does not keep the response', { timeout: 4000 }, async () => {
    const session = await createSession({ hosts, onCellClosed: fail })
    expect(texts(await session.execute('text(1)', { yieldTimeMs: 1000 }))).toEqual(['1'])
  })

  test.runIf(process.platform === 'linux')('when a cell is closed does not end the host', async () => {
    await using other = await createSession({ hosts })
    await other.execute('text(1)')
    const [before] = hostProcesses()
    const closed = Promise.withResolvers<void>()
    const session = await createSession({
      hosts,
      onCellClosed: () => {
        closed.resolve()
        fail()
      },
    })
    void session.execute('text(1)', { yieldTimeMs: 1000 }).catch(() => undefined)
    await closed.promise
    expect(texts(await other.execute('text(2)'))).toEqual(['2'])
    expect(hostProcesses()[0]).toBe(before)
  })

  // The cell counts from before the handler is called, and nothing starts or closes it afterwards.
  test('when a cell is started leaves no cell behind', async () => {
    await using session = await createSession({ hosts, limits: { cells: 1 } })
    await session.execute('text(1)', { onStarted: fail }).catch(() => undefined)
    expect(texts(await session.execute('text(2)'))).toEqual(['2'])
  })
})
