import type { ToolName } from '../session/enabled-tools.ts'
import type { GrpcCall } from './grpc-call.ts'
import type { ProtoWriter } from './protobuf.ts'

/** `tools` empty means all tools. */
type Subscription = { readonly call: GrpcCall; readonly tools: readonly ToolName[] }

type Unsent = { readonly tool: ToolName; readonly message: ProtoWriter }

/** The calls on which a session sends its nested calls. */
export class ToolSubscriptions {
  #subscriptions: readonly Subscription[] = []
  /** Nested calls that were made before the first subscription. */
  #unsent: Unsent[] | null = []

  add(call: GrpcCall, tools: readonly ToolName[]): void {
    const subscription = { call, tools }
    this.#subscriptions = [...this.#subscriptions, subscription]
    call.signal.addEventListener('abort', () => {
      this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription)
    })
    call.open()
    const unsent = this.#unsent ?? []
    this.#unsent = null
    for (const { tool, message } of unsent) this.send(tool, message)
  }

  /**
   * Sends a nested call to a subscription that names its tool, or to one for all tools. Returns whether there is one, or
   * may be one later.
   */
  send(tool: ToolName, message: ProtoWriter): boolean {
    if (this.#unsent !== null) {
      this.#unsent.push({ tool, message })
      return true
    }
    const named = this.#subscriptions.find(({ tools }) => tools.some((other) => isSame(other, tool)))
    const found = named ?? this.#subscriptions.find(({ tools }) => tools.length === 0)
    found?.call.send(message)
    return found !== undefined
  }

  finish(): void {
    for (const { call } of this.#subscriptions) call.finish()
  }
}

function isSame(a: ToolName, b: ToolName): boolean {
  return a.name === b.name && a.namespace === b.namespace
}
