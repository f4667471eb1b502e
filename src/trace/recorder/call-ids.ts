/** A call of the model in one thread. */
type KnownCall = {
  /** The id of the call in the bundle. */
  readonly recorded: string
  /** The content of the call; null until its item is recorded. */
  content: string | null
  /** Whether no other thread has the recorded id. */
  readonly isOwn: boolean
  isStarted: boolean
}

/**
 * Assigns ids to the calls of one thread. Models reuse ids (`call_1` in every response), and agents edit calls in their history.
 * In a bundle, an id has one content in a thread and one started call.
 */
export class CallIds {
  /** Returns the id, or a longer one if the bundle has it. */
  readonly #uniqueId: (wanted: string) => string
  /** The calls of each id, in the order in which they were made. */
  readonly #calls = new Map<string, KnownCall[]>()

  constructor(uniqueId: (wanted: string) => string) {
    this.#uniqueId = uniqueId
  }

  /** Returns the recorded id of a call that starts: of the last call in a response, or a new one. */
  ofStart(callId: string): string {
    const known = this.#of(callId)
    const call = known.findLast((one) => one.isOwn && !one.isStarted) ?? this.#add(callId, null, true)
    call.isStarted = true
    return call.recorded
  }

  /** Returns the recorded id of a call in a response: a new call, or one that started before its response was complete. */
  ofResponse(callId: string, content: string): string {
    const started = this.#of(callId).findLast((one) => one.isStarted && one.content === null)
    if (started === undefined) return this.#add(callId, content, true).recorded
    started.content = content
    return started.recorded
  }

  /**
   * Returns the recorded id of a call in a request. `left` is the number of later calls in the request with the same id and
   * content: a history can lack old calls, so its calls are counted from the end.
   */
  ofRequest(callId: string, content: string, left: number): string {
    const known = this.#of(callId)
    const equal = known.filter((one) => one.content === content)
    const call =
      equal.at(-1 - left) ?? known.findLast((one) => one.content === null) ?? this.#add(callId, content, false)
    call.content ??= content
    return call.recorded
  }

  /** Returns the recorded id of the last call. An output without a known call keeps its id. */
  last(callId: string): string {
    return this.#of(callId).at(-1)?.recorded ?? callId
  }

  #of(callId: string): readonly KnownCall[] {
    return this.#calls.get(callId) ?? []
  }

  #add(callId: string, content: string | null, isOwn: boolean): KnownCall {
    const known = this.#calls.get(callId) ?? []
    // The history of another thread keeps its ids: a forked agent starts with the calls of its parent.
    const recorded = isOwn || known.length > 0 ? this.#uniqueId(callId) : callId
    const call: KnownCall = { recorded, content, isOwn, isStarted: false }
    this.#calls.set(callId, [...known, call])
    return call
  }
}
