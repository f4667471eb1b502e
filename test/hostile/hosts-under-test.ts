/** The kinds of host processes for which a guarantee has to hold. */
export const profiles = ['default', 'strict'] as const

export type Profile = (typeof profiles)[number]
