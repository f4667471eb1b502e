/** The functions that the parts of each engine define for the common parts. */
interface EngineParts {
  /** Stops the program until the host resolves. */
  waitForHost(kind: number, id?: number): unknown
  /** Emits a text, in order with the other events, and waits for the host when much has gone out. */
  sendText(string: string): void
  /** Passes one event out, in order. Throws, without the event, when the stack is exhausted. */
  putEvent(kind: number, id: number, a: string, b: string): void
  /** Passes out the location of the next event. */
  putLocation(line: number, column: number): void
  /** Returns the innermost location of the stack that is in the program, if there is one: of a call of a tool, or of another helper. */
  programLocation(isCall: boolean): { line: number; column: number } | null
  /** Returns a string with the names and columns of the source as it was written, without the frames of the prelude. */
  asWritten(string: string): string
  /** Returns whether JSON has more levels than a number. */
  isDeeperThan(json: string, levels: number): boolean
  /** Returns an error that names a receiver in the words of the engine. */
  incompatible(method: string, receiver: unknown): TypeError
  /** Returns how the engine names a value in an error. Nothing of a program is called. */
  nameOfReceiver(value: unknown): string
}

declare const waitForHost: EngineParts['waitForHost']
declare const sendText: EngineParts['sendText']
declare const putEvent: EngineParts['putEvent']
declare const putLocation: EngineParts['putLocation']
declare const programLocation: EngineParts['programLocation']
declare const asWritten: EngineParts['asWritten']
declare const isDeeperThan: EngineParts['isDeeperThan']
declare const incompatible: EngineParts['incompatible']
declare const nameOfReceiver: EngineParts['nameOfReceiver']
