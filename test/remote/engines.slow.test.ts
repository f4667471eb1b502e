import { expect, test } from 'vitest'
import { createSession, remoteHosts, type HostPoolOptions, type Session } from '../../src/index.ts'
import type { SupervisorOptions } from '../../src/supervisor.ts'
import { textsOf } from '../support/texts.ts'
import { TestSupervisor } from './test-supervisor.ts'

const kinds = { v8: 'object', quickjs: 'undefined' } as const

/** Opens a session on a pool of one supervisor, and returns its engine and what its program sees. */
async function seenBy(
  ofSupervisor: Pick<SupervisorOptions, 'engine'>,
  ofPool: Pick<HostPoolOptions, 'engine'>,
  engine?: 'v8' | 'quickjs',
): Promise<readonly unknown[]> {
  await using supervisor = await TestSupervisor.start(null, ofSupervisor)
  await using hosts = remoteHosts({ addresses: [supervisor.address], tls: null, size: 1, ...ofPool })
  await using session: Session = await createSession({ hosts, ...(engine === undefined ? {} : { engine }) })
  return [session.engine, ...textsOf(await session.execute('text(typeof Intl)'))]
}

test.each([
  ['of the default engine', {}, {}, 'v8'],
  ['that takes "auto"', {}, { engine: 'auto' }, 'v8'],
  ['of QuickJS', {}, { engine: 'quickjs' }, 'quickjs'],
  ['of QuickJS, on a supervisor of QuickJS', { engine: 'quickjs' }, { engine: 'quickjs' }, 'quickjs'],
] as const)('a pool %s gets hosts with it from supervisors', async (_what, ofSupervisor, ofPool, expected) => {
  expect(await seenBy(ofSupervisor, ofPool)).toEqual([expected, kinds[expected]])
})

test.each(['v8', 'quickjs'] as const)(
  'a session on %s gets hosts with it from supervisors of a pool',
  async (engine) => {
    const other = engine === 'v8' ? 'quickjs' : 'v8'
    expect(await seenBy({}, { engine: other }, engine)).toEqual([engine, kinds[engine]])
  },
)

test('a pool of V8 does not run cells on a supervisor whose operator has chosen QuickJS', async () => {
  await expect(seenBy({ engine: 'quickjs' }, {})).rejects.toMatchObject({
    code: 'HOST_START_FAILED',
    message: expect.stringContaining('no host has the engine v8'),
  })
})
