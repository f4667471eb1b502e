import { isRecord } from '../../protocol/json.ts'
import { CallIds } from './call-ids.ts'
import { recordableItem, type ItemFields } from './recordable-item.ts'
import { jsonOf } from './safe-json.ts'

/** The conversation items of one thread, in a form that readers of traces accept. Items are serialized. */
export class ThreadItems {
  readonly callIds: CallIds

  constructor(uniqueId: (wanted: string) => string) {
    this.callIds = new CallIds(uniqueId)
  }

  /** Returns the items of a response. Its calls are new. */
  ofResponse(values: unknown): readonly string[] {
    return listOf(values).map((value) => {
      const item = recordableItem(value)
      const call = callOf(item)
      return call === null ? this.#other(item) : withCallId(item, this.callIds.ofResponse(call.id, call.content))
    })
  }

  /** Returns the items of a request, or of a compaction. */
  ofRequest(values: unknown): readonly string[] {
    const items = listOf(values).map((value) => recordableItem(value))
    const calls = items.map((item) => callOf(item))
    const left = new Map<string, number>()
    for (const call of calls) if (call !== null) left.set(call.key, (left.get(call.key) ?? 0) + 1)
    /** The recorded id of the last call before the item, by the model's id. */
    const before = new Map<string, string>()
    return items.map((item, index) => {
      const call = calls[index] ?? null
      if (call === null) return this.#other(item, before)
      const later = (left.get(call.key) ?? 1) - 1
      left.set(call.key, later)
      const recorded = this.callIds.ofRequest(call.id, call.content, later)
      before.set(call.id, recorded)
      return withCallId(item, recorded)
    })
  }

  /** Returns the output of a tool that the agent accepts; null for other items. */
  ofOutput(value: unknown): string | null {
    const item = recordableItem(value)
    const isOutput = item['type'] === 'function_call_output' || item['type'] === 'custom_tool_call_output'
    return isOutput && typeof item['id'] === 'string' ? this.#other(item) : null
  }

  #other(item: ItemFields, before?: ReadonlyMap<string, string>): string {
    const id = item['call_id']
    return typeof id === 'string' ? withCallId(item, before?.get(id) ?? this.callIds.last(id)) : jsonOf(item)
  }
}

/** A request can have one string as its input. */
function listOf(values: unknown): readonly unknown[] {
  if (Array.isArray(values)) return values
  return values === undefined || values === null ? [] : [values]
}

type ItemCall = { readonly id: string; readonly content: string; readonly key: string }

/** Returns the id and the content of a call of the model; null for other items. */
function callOf(item: ItemFields): ItemCall | null {
  const { type, call_id: id } = item
  if (typeof id !== 'string' || typeof type !== 'string' || !type.endsWith('_call')) return null
  const content = `${type} ${contentOf(type, item)}`
  return { id, content, key: `${id} ${content}` }
}

function contentOf(type: string, item: ItemFields): string {
  if (type === 'custom_tool_call') return String(item['input'])
  const args = item['arguments']
  if (type !== 'function_call') return jsonOf(item)
  if (typeof args !== 'string') return jsonOf(args)
  try {
    // Agents format arguments again.
    return JSON.stringify(JSON.parse(args))
  } catch {
    return args
  }
}

function withCallId(item: ItemFields, recorded: string): string {
  return jsonOf(item['call_id'] === recorded ? item : { ...item, call_id: recorded })
}

/** Returns the members of a request or another untrusted object. */
export function membersOf(value: unknown): ItemFields {
  try {
    if (isRecord(value)) return { ...value }
  } catch {
    const members: unknown = JSON.parse(jsonOf(value))
    if (isRecord(members)) return members
  }
  return {}
}
