import { expect, test } from 'vitest'
import { TokenCache, type AccessToken } from './token-cache.ts'

const { signal } = new AbortController()
const first = { rejected: null, signal }

/** A cache at a time that the test sets, and the scopes of the requests to its server. */
function cacheAt(lifeMs: number): { cache: TokenCache; clock: { now: number }; requests: (readonly string[])[] } {
  const clock = { now: 1000 }
  const requests: (readonly string[])[] = []
  const load = (scopes: readonly string[]): Promise<AccessToken> => {
    requests.push(scopes)
    return Promise.resolve({ value: `token-${requests.length}`, refreshAt: clock.now + lifeMs })
  }
  return { cache: new TokenCache(load, () => clock.now), clock, requests }
}

test('a token is used until it must be refreshed', async () => {
  const { cache, clock } = cacheAt(100)
  const tokens = [await cache.get([], first), await cache.get([], first)]
  clock.now += 99
  tokens.push(await cache.get([], first))
  clock.now += 1
  tokens.push(await cache.get([], first))
  expect(tokens).toEqual(['token-1', 'token-1', 'token-1', 'token-2'])
})

test('scopes in another order have the same token, other scopes another one', async () => {
  const { cache, requests } = cacheAt(100)
  const tokens = [
    await cache.get(['b', 'a'], first),
    await cache.get(['a', 'b', 'a'], first),
    await cache.get(['a'], first),
  ]
  expect(tokens).toEqual(['token-1', 'token-1', 'token-2'])
  expect(requests).toEqual([['a', 'b'], ['a']])
})

test('concurrent callers share one request', async () => {
  const { cache, requests } = cacheAt(100)
  const tokens = await Promise.all(Array.from({ length: 20 }, () => cache.get([], first)))
  expect(new Set(tokens)).toEqual(new Set(['token-1']))
  expect(requests).toHaveLength(1)
})

test('callers whose token was rejected share one refresh', async () => {
  const { cache, requests } = cacheAt(100)
  await cache.get([], first)
  const rejected = { rejected: 'token-1', signal }
  const tokens = await Promise.all([cache.get([], rejected), cache.get([], rejected)])
  tokens.push(await cache.get([], rejected))
  expect(tokens).toEqual(['token-2', 'token-2', 'token-2'])
  expect(requests).toHaveLength(2)
})

test('a caller that is aborted does not end the request of the others', async () => {
  const started = Promise.withResolvers<AccessToken>()
  const cache = new TokenCache(() => started.promise)
  const controller = new AbortController()
  const aborted = cache.get([], { rejected: null, signal: controller.signal })
  const other = cache.get([], first)
  controller.abort(new Error('the call has ended'))
  await expect(aborted).rejects.toThrow('the call has ended')
  started.resolve({ value: 'token', refreshAt: Infinity })
  expect(await other).toBe('token')
})

test('a failure is not stored', async () => {
  let count = 0
  const cache = new TokenCache(() => {
    if (count++ === 0) return Promise.reject(new Error('down'))
    return Promise.resolve({ value: 'token', refreshAt: Infinity })
  })
  await expect(cache.get([], first)).rejects.toThrow('down')
  expect(await cache.get([], first)).toBe('token')
})
