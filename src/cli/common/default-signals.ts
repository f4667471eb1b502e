/** The signals that end a process, with the exit code of a shell. */
const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

let cleanups: (() => void)[] = []

/**
 * Ends the process at signals, as they do by default. The kernel ignores signals without a handler in process 1 of a container, so
 * that a command which is still starting would not end.
 */
export function exitAtSignals(): void {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    const exit = (): void => process.exit(codes[signal])
    process.on(signal, exit)
    cleanups.push(() => void process.off(signal, exit))
  }
}

/** Leaves the signals to the handlers of a command. */
export function handleSignals(): void {
  for (const clean of cleanups) clean()
  cleanups = []
}
