import type { HostPoolOptions } from '../../src/index.ts'

/** The profiles of hosts for which each guarantee must hold. */
export const profiles = ['default', 'strict'] as const

export type Profile = (typeof profiles)[number]

/** The properties of the hosts of a test. */
export type HostsUnderTest = Pick<HostPoolOptions, 'profile' | 'engine'>
