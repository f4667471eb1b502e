/** The debugger of V8 in one isolate. Messages follow the Chrome DevTools protocol. */
export interface InspectedIsolate {
  dispatch(message: string): void
}

/** A debugger that steps through a cell. Only a host that was started for it has one. */
export interface Inspection {
  /** Called when the program is compiled. Resolves when it may run. */
  attach(isolate: InspectedIsolate): Promise<void>
  /** Called with each message of V8. */
  onMessage(message: string): void
}
