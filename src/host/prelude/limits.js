/** @type {Record<string, number>} */
export let limits = {}

/** @type {(to: Record<string, number>) => void} */
export function setLimits(to) {
  limits = to
}

/** @type {(name: string) => number} */
export const limit = (name) => limits[name] ?? 0

/** Returns a limit that cells of older journals do not have. @type {(name: string) => number} */
export const laterLimit = (name) => limits[name] ?? Infinity

/** @type {(resource: string, max: number, observed: number) => string} */
export const limitText = (resource, max, observed) =>
  `resource limit exceeded: code=resource_exhausted resource=${resource} limit=${max} observed=${observed}`

/** Returns a lower bound of the size of a string in UTF-8; the session counts exactly. @type {(string: string) => number} */
export const bytesOf = (string) => string.length
