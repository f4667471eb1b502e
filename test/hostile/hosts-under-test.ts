/** The profiles of hosts for which each guarantee must hold. */
export const profiles = ['default', 'strict'] as const

export type Profile = (typeof profiles)[number]
