import { afterAll, test } from 'vitest'
import { createHostPool, type HostPool } from '../../../src/index.ts'
import type { Death } from './host-deaths.ts'
import { signalHosts } from './host-processes.ts'
import type { Profile } from '../hosts-under-test.ts'

/** Declares a test for each death. Tests of one profile share a pool. */
export function testDeath(chosen: readonly (readonly [Profile, NodeJS.Signals, Death])[]): void {
  const pools = new Map<Profile, HostPool>()
  const poolOf = (profile: Profile): HostPool => {
    const hosts = pools.get(profile) ?? createHostPool({ profile, size: 1, warmIsolates: 1 })
    pools.set(profile, hosts)
    return hosts
  }
  afterAll(() => Promise.all([...pools.values()].map((hosts) => hosts[Symbol.asyncDispose]())))

  test.each(chosen.map(([profile, signal, [name, play]]) => [profile, signal, name, play] as const))(
    'when a %s host dies by %s: %s',
    async (profile, signal, _name, play) => {
      const hosts = poolOf(profile)
      await play({ profile, hosts, kill: () => signalHosts(signal), stop: () => signalHosts('SIGSTOP') })
    },
  )
}
