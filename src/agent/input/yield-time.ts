/** The default yield time of `exec` in milliseconds. */
export const execYieldTimeMs = 30_000

/** The default yield time of `wait` in milliseconds. */
export const waitYieldTimeMs = 10_000
