import { exitCodes } from '../exit-codes.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A signal this soon after the first is the same one: npm passes on what the terminal has sent already. */
const sameMs = 300

/** Turns Ctrl-C into an abort signal as long as it is held. A second Ctrl-C ends the process at once. */
export function interruption(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  let firstAt = 0
  const interrupt = (): void => {
    if (!controller.signal.aborted) {
      firstAt = performance.now()
      controller.abort(new Error('interrupted'))
    } else if (performance.now() - firstAt > sameMs) process.exit(exitCodes.interrupted)
  }
  for (const signal of signals) process.on(signal, interrupt)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, interrupt)
    },
  }
}
