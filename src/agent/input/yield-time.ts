/** How long `exec` observes a cell when its input does not say, in milliseconds. */
export const execYieldTimeMs = 30_000

/** How long `wait` observes a cell when its input does not say, in milliseconds. */
export const waitYieldTimeMs = 10_000
