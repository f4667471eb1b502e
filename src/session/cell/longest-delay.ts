/** The longest delay of a timer of Node, in milliseconds: longer ones are cut to one millisecond. */
export const longestDelayMs: number = 2 ** 31 - 1
