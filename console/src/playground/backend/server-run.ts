import type {
  CallPage,
  CellOutput,
  PendingCall,
  RunEvent as ServerEvent,
  RunRequest,
  RunStarted,
} from '../../../../src/console/api.ts'
import type { Decision, Run, RunEvent } from './backend.ts'
import type { ServerRequests } from './server-requests.ts'

/** Calls whose results are requested after a run. Those of further calls are on the ledger of the console. */
const maxDetails = 30

/** Requests for the calls of a run until they are listed, and the time between two of them, in milliseconds. */
const maxAttempts = 10
const attemptMs = 300

/** A program that runs on the server. */
export class ServerRun implements Run {
  readonly #requests: ServerRequests
  readonly #onEvent: (event: RunEvent) => void
  readonly #pending = new Map<string, PendingCall>()
  #started: RunStarted | null = null
  #startedAt = Date.now()
  #callCount = 0
  #isTerminated = false
  #hasEnded = false

  constructor(requests: ServerRequests, onEvent: (event: RunEvent) => void) {
    this.#requests = requests
    this.#onEvent = onEvent
  }

  async start(request: RunRequest): Promise<void> {
    try {
      const started = await this.#requests.run(request)
      this.#started = started
      this.#startedAt = Date.now()
      if (this.#isTerminated) this.terminate()
      this.#requests.events(
        started.run,
        (event) => this.#onServerEvent(event),
        () => this.#end('failed', 'The server closed the events of the run'),
      )
    } catch (error) {
      this.#end('failed', messageOf(error))
    }
  }

  /** The events of a run arrive by themselves. */
  wait(): void {}

  terminate(): void {
    this.#isTerminated = true
    const run = this.#started?.run
    if (run !== undefined) void this.#requests.stop({ run }).catch(() => undefined)
  }

  decide(key: string, decision: Decision): void {
    const call = this.#pending.get(key)
    const sessionId = this.#started?.sessionId
    if (call === undefined || sessionId === undefined) return
    const { inputHash, toolDigest } = call
    const reason = decision.type === 'deny' && decision.reason === '' ? { type: 'deny' as const } : decision
    const request = { sessionId, calls: [{ key, inputHash, toolDigest }], decision: reason, requestId: newRequestId() }
    void this.#requests.decide(request).then(
      () => this.#onEvent({ type: 'approval_decided', callId: call.callId }),
      // The call stays pending, and the user can decide again.
      () => undefined,
    )
  }

  #onServerEvent(event: ServerEvent): void {
    switch (event.type) {
      case 'output':
        for (const item of event.items) this.#onEvent(outputEvent(item))
        break
      case 'call_started': {
        this.#callCount++
        const { callId, identifier, input, at } = event
        this.#onEvent({ type: 'call_started', callId, identifier, input, location: null, atMs: this.#msOf(at) })
        break
      }
      case 'call_ended': {
        const { callId, result, errorText, at } = event
        this.#onEvent({ type: 'call_ended', callId, result, body: errorText, atMs: this.#msOf(at) })
        break
      }
      case 'approval_asked':
        void this.#findPending(event.callId)
        break
      case 'ended':
        this.#end(event.ending, event.errorText)
        void this.#addDetails()
        break
      case 'lost':
        this.#end('failed', event.error.message)
        break
      case 'call_deferred':
      case 'waiting':
        break
      default:
        event satisfies never
    }
  }

  /** Finds what a decision about a call must state. The server lists a call a moment after it asks. */
  async #findPending(callId: string): Promise<void> {
    const started = this.#started
    if (started === null) return
    for (let attempt = 1; attempt <= maxAttempts && !this.#hasEnded; attempt++) {
      const calls = await this.#pendingCalls(started)
      for (const call of calls) this.#pending.set(call.key, call)
      const call = calls.find((one) => one.callId === callId)
      if (call !== undefined) return this.#onEvent({ type: 'approval_asked', callId, key: call.key })
      await pause()
    }
  }

  /** Returns the pending calls of the run, or none after a failure: the approvals of the console list them, too. */
  async #pendingCalls({ sessionId, cellId }: RunStarted): Promise<readonly PendingCall[]> {
    try {
      const { items } = await this.#requests.approvals(sessionId, cellId)
      return items.flatMap(({ groups }) => groups.flatMap(({ calls }) => calls))
    } catch {
      return []
    }
  }

  /** Adds the locations and the results of the calls, which events do not have. */
  async #addDetails(): Promise<void> {
    const started = this.#started
    if (started === null) return
    try {
      const items = await this.#callsOf(started)
      for (const { callId, location } of items) this.#onEvent({ type: 'call_detail', callId, location, body: null })
      for (const { callId, location, key } of items.slice(0, maxDetails)) {
        const { result } = await this.#requests.call(started.sessionId, key)
        if (result !== null) this.#onEvent({ type: 'call_detail', callId, location, body: result.text })
      }
    } catch {
      // The run is complete without them.
    }
  }

  /** Returns the calls of the run. The server lists them a moment after the program has ended. */
  async #callsOf({ sessionId, cellId }: RunStarted): Promise<CallPage['items']> {
    for (let attempt = 1; ; attempt++) {
      const { items, total } = await this.#requests.calls(sessionId, cellId)
      if (total >= this.#callCount || attempt === maxAttempts) return items
      await pause()
    }
  }

  #end(ending: 'completed' | 'failed' | 'terminated', errorText: string | null): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#onEvent({ type: 'ended', ending, errorText, atMs: this.#msOf(Date.now()) })
  }

  #msOf(at: number): number {
    return Math.max(0, at - this.#startedAt)
  }
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, attemptMs))
}

function outputEvent(item: CellOutput): RunEvent {
  switch (item.type) {
    case 'text':
      return { type: 'output', item: { type: 'input_text', text: item.text }, location: null }
    case 'notification':
      return { type: 'notification', text: item.text, location: null }
    case 'image':
    case 'audio': {
      const text = `${item.type} of ${item.bytes} bytes`
      if (item.url === null) return { type: 'output', item: { type: 'input_text', text }, location: null }
      const content =
        item.type === 'image'
          ? { type: 'input_image' as const, image_url: item.url, detail: 'auto' as const }
          : { type: 'input_audio' as const, audio_url: item.url }
      return { type: 'output', item: content, location: null }
    }
    default:
      return item satisfies never
  }
}

/** Returns an id, so that the repetition of a request is harmless. `randomUUID` needs a secure context. */
function newRequestId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
