import { nodeFetch } from './node-fetch.ts'

/**
 * Fetches like the global `fetch`, which is looked up at each call: a replaced one applies as well. The standard refuses bodies of `GET`
 * and `HEAD`, and `TRACE`, which OpenAPI allows, so that Node's own client sends these.
 */
export const defaultFetch: typeof globalThis.fetch = async (input, init) => {
  const method = init?.method ?? 'GET'
  const hasBody = init?.body !== undefined && init.body !== null
  const isRefused = method === 'TRACE' || (hasBody && (method === 'GET' || method === 'HEAD'))
  return isRefused && input instanceof URL ? await nodeFetch(input, init) : await globalThis.fetch(input, init)
}
