/** The kinds of host processes for which a guarantee must hold. */
export const profiles = ['default', 'strict'] as const

export type Profile = (typeof profiles)[number]
