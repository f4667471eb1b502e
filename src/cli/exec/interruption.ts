import { handleSignals } from '../common/default-signals.ts'
import { exitCodes } from '../common/exit-codes.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The time within which a second signal counts as the first: npm forwards a signal that the terminal has sent too. */
const sameMs = 300

/** Turns Ctrl-C into an abort signal until it is disposed. A second Ctrl-C exits at once. */
export function interruption(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  let firstAt = 0
  const interrupt = (): void => {
    if (!controller.signal.aborted) {
      firstAt = performance.now()
      controller.abort(new Error('interrupted'))
    } else if (performance.now() - firstAt > sameMs) process.exit(exitCodes.interrupted)
  }
  handleSignals()
  for (const signal of signals) process.on(signal, interrupt)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, interrupt)
    },
  }
}
