import type { Tool } from '../../../src/portable.ts'

/** A tool without a server, and a result as an example for the editor of results. */
export type SampleTool = { readonly tool: Tool; readonly result: unknown }

/** Tools that are chosen together. */
export type SampleGroup = { readonly id: string; readonly title: string; readonly tools: readonly SampleTool[] }

/** Resolves after some time, or rejects when the call is canceled. */
export function later<T>(ms: number, value: T, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const timer = setTimeout(() => resolve(value), ms)
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    reject(new Error('The call was canceled'))
  })
  return promise
}

/** Returns a member of an input that was validated against the schema of its tool. */
export function memberOf(input: unknown, name: string): unknown {
  return typeof input === 'object' && input !== null ? Reflect.get(input, name) : undefined
}

export function stringOf(input: unknown, name: string): string {
  const value = memberOf(input, name)
  return typeof value === 'string' ? value : ''
}
