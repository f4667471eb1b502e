/** Sends one event to the host. */
declare const emitOut: (kind: number, id: number, a: string, b: string) => void

/** Waits for the host, and returns its answer. */
declare const waitOutside: (kind: number, id: number, text?: string) => string | undefined
