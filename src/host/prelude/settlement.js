import { MapOf, PromiseOf, TypeErrorOf, mapGet, mapSet, mapSize } from './primordials.js'
import { visitBuiltIn } from './objects.js'

/** Yields a record of each promise in the order in which they settle. @type {(promises: any) => AsyncGenerator<object>} */
export function as_settled(promises) {
  return drain(settling(promises))
}

/** @typedef {{ records: Map<number, object>, left: number, wake: (() => void) | undefined }} Settling */

/** @type {(promises: any) => Settling} */
function settling(promises) {
  /** @type {Settling} */
  const state = { records: new MapOf(), left: 0, wake: undefined }
  /** @type {(record: object) => void} */
  const add = (record) => {
    mapSet(state.records, mapSize(state.records), record)
    state.wake?.()
  }
  // Uses `await`, which a program cannot replace.
  const follow = async (/** @type {unknown} */ index, /** @type {unknown} */ promise) => {
    let record
    try {
      record = { index, status: 'fulfilled', value: await promise }
    } catch (reason) {
      record = { index, status: 'rejected', reason }
    }
    add(record)
  }
  let keyed = false
  try {
    mapSize(promises)
    keyed = true
  } catch {}
  let position = 0
  const visit = (/** @type {any} */ element) => {
    const index = keyed ? element[0] : position++
    state.left++
    void follow(index, keyed ? element[1] : element)
  }
  if (!visitBuiltIn(promises, visit)) for (const element of promises) visit(element)
  return state
}

/** Resolves when a number of promises have settled. @type {(state: Settling, count: number) => Promise<void>} */
async function haveSettled(state, count) {
  if (mapSize(state.records) < count) await new PromiseOf((resolve) => (state.wake = () => resolve(undefined)))
}

/** @type {(state: Settling) => AsyncGenerator<object>} */
async function* drain(state) {
  for (let next = 0; next < state.left; next++) {
    await haveSettled(state, next + 1)
    yield /** @type {object} */ (mapGet(state.records, next))
  }
}

/** @type {(promises: any, callback: any) => Promise<void>} */
export async function stream_settled(promises, callback) {
  if (typeof callback !== 'function') throw new TypeErrorOf('stream_settled requires a callback')
  const state = settling(promises)
  for (let next = 0; next < state.left; next++) {
    await haveSettled(state, next + 1)
    await callback(mapGet(state.records, next))
  }
}
