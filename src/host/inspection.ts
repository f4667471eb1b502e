/** The debugger of V8 in one isolate; messages are those of the Chrome DevTools protocol. */
export interface InspectedIsolate {
  dispatch(message: string): void
}

/** Somebody who steps through a cell: only a host that was started for that has one. */
export interface Inspection {
  /** The program is compiled and waits. Resolves when it may run. */
  attach(isolate: InspectedIsolate): Promise<void>
  /** A message of V8. */
  onMessage(message: string): void
}
