import { randomUUID } from 'node:crypto'
import { isRecord } from '../../../protocol/json.ts'
import { idInText, parseWireJson } from './wire-json.ts'

/** Marks the errors of this file, which a server cannot send. */
const unreadableMark = randomUUID()

/** The code for errors without a usable code. No server sends it. */
export const missingCode: number = Number.MIN_SAFE_INTEGER

const maxQuote = 500

/** Maximum size of a message of a server, in bytes. */
export const maxMessageBytes: number = 64 * 1024 * 1024

export type WireMessage = Readonly<Record<string, unknown>>

type Message = WireMessage

/**
 * Reads the messages of a server. The schemas of the client refuse a message with one odd member, and its request then waits for
 * the timeout. This reader corrects what it can, and otherwise settles the request with an error.
 */
export class WireReader {
  /** The methods of the requests without a response, by id. */
  readonly #pending = new Map<unknown, string>()

  /** Records a message that is sent. Returns the id of a request; null for other messages. */
  sent(message: unknown): unknown {
    if (!isRecord(message) || typeof message['method'] !== 'string') return null
    const { id, method, params } = message
    if (id !== undefined && id !== null) {
      this.#pending.set(id, method)
      return id
    }
    if (method === 'notifications/cancelled' && isRecord(params)) this.#pending.delete(params['requestId'])
    return null
  }

  /** Removes a request that was not sent or that the client has given up. */
  forget(id: unknown): void {
    this.#pending.delete(id)
  }

  isPending(id: unknown): boolean {
    return this.#pending.has(id)
  }

  /**
   * Returns the messages in a text of the wire. `only` is the request that a response without a usable id belongs to. A text that is
   * not JSON settles the request that it names; other texts are no messages.
   */
  readText(text: string, only: unknown = null): readonly Message[] {
    let value: unknown
    try {
      value = parseWireJson(text)
    } catch {
      const id = only ?? this.#pendingId(idInText(text))
      return id === null ? [] : this.settle(id, `expected JSON, got ${quote(text)}`)
    }
    return this.#read(value, only)
  }

  /** Returns the messages in a value of the wire. */
  readValue(value: unknown): readonly Message[] {
    return this.#read(value, null)
  }

  #read(value: unknown, only: unknown): readonly Message[] {
    if (Array.isArray(value)) {
      // A response of the batch with the right id is the one.
      const isThere = value.some((element: unknown) => isRecord(element) && this.#pendingId(element['id']) === only)
      return value.flatMap((element: unknown) => this.#read(element, isThere ? null : only))
    }
    if (!isRecord(value)) return []
    return this.#isResponse(value) ? this.#response(value, only) : [messageOf(value)]
  }

  /** A response can repeat the method of its request. */
  #isResponse(value: Message): boolean {
    if (typeof value['method'] !== 'string') return true
    return ('result' in value || 'error' in value) && this.#pendingId(value['id']) !== null
  }

  /** Returns an error response for a request that does not get a response, or nothing when it is not pending. */
  settle(id: unknown, reason: string): readonly Message[] {
    if (!this.#pending.delete(id)) return []
    return [{ jsonrpc: '2.0', id, error: unreadable(reason) }]
  }

  #response(value: Message, only: unknown): readonly Message[] {
    if (!('result' in value) && !('error' in value) && !('id' in value)) return []
    const id = this.#idOf(value['id'], only)
    const method = this.#pending.get(id)
    if (method === undefined) return []
    this.#pending.delete(id)
    return [{ jsonrpc: '2.0', id, ...outcomeOf(value, method) }]
  }

  /** Returns the pending request with this id, also when the server writes it as a string; null without one. */
  #pendingId(id: unknown): unknown {
    if (this.#pending.has(id)) return id
    return typeof id === 'string' && id.trim() !== '' && this.#pending.has(Number(id)) ? Number(id) : null
  }

  #idOf(id: unknown, only: unknown): unknown {
    const pending = this.#pendingId(id) ?? only
    if (pending !== null) return pending
    // A response with another number belongs to a request that has ended.
    if (typeof id === 'number' || typeof id === 'string' || this.#pending.size !== 1) return null
    return [...this.#pending.keys()][0]
  }
}

/** Returns whether the data of an error shows that a response could not be read. The server can have processed the request. */
export function isUnreadable(data: unknown): boolean {
  return isRecord(data) && data['mark'] === unreadableMark
}

/** Returns the result of a server in a result that the client has accepted. */
export function receivedResult(result: unknown): unknown {
  if (!isRecord(result)) return result
  const holder = isRecord(result['structuredContent']) ? result['structuredContent'] : result
  return isRecord(holder[receivedKey]) ? holder[receivedKey] : result
}

/** The member that holds a result of a server, which the schemas of the client do not examine. */
const receivedKey = 'codecell/received'

function messageOf({ method, id, params }: Message): Message {
  const isRequest = typeof id === 'string' || Number.isSafeInteger(id)
  return {
    jsonrpc: '2.0',
    method,
    ...(isRequest ? { id } : {}),
    ...(isRecord(params) ? { params: withoutOddMeta(params) } : {}),
  }
}

function withoutOddMeta(members: Message): Message {
  const { _meta: meta, ...others } = members
  return isRecord(meta) ? members : others
}

function outcomeOf(value: Message, method: string): Message {
  const { result, error } = value
  const hasResult = isRecord(result)
  // Some servers write false or an empty string for no error.
  const hasError = hasResult ? Boolean(error) : error !== undefined && error !== null
  if (hasError) return { error: errorOf(error) }
  if (hasResult && result['resultType'] === 'input_required') return { error: inputError(result['inputRequests']) }
  if (hasResult) return { result: resultOf(result, method) }
  const reason =
    result === undefined
      ? 'the response has neither a result nor an error'
      : `expected an object as the result, got ${quote(result)}`
  return { error: unreadable(reason) }
}

function unreadable(reason: string): Message {
  return { code: missingCode, message: `the response cannot be read: ${reason}`, data: { mark: unreadableMark } }
}

/** Returns the error for a server that waits for input instead of completing the request. */
function inputError(requests: unknown): Message {
  const methods = isRecord(requests)
    ? Object.values(requests).flatMap((request) => (isRecord(request) ? String(request['method']) : []))
    : []
  const asked = methods.length === 0 ? '' : ` (${[...new Set(methods)].join(', ')})`
  return { code: missingCode, message: `the server asks for input${asked}, which its tools do not get here` }
}

function errorOf(error: unknown): Message {
  const members = isRecord(error) ? error : {}
  const code = Number(members['code'] ?? missingCode)
  const text = isRecord(error) ? members['message'] : error
  const message = typeof text === 'string' && text !== '' ? text : `an error without a message: ${quote(error)}`
  const data = isRecord(error) && error['data'] !== undefined && error['data'] !== null ? { data: error['data'] } : {}
  return { code: Number.isSafeInteger(code) ? code : missingCode, message, ...data }
}

function resultOf(result: Message, method: string): Message {
  const complete = { resultType: 'complete' }
  switch (method) {
    case 'tools/call':
      return { ...complete, content: [], structuredContent: { [receivedKey]: result } }
    case 'tools/list':
      return { ...complete, ttlMs: 0, cacheScope: 'private', tools: [], [receivedKey]: result }
    case 'initialize':
      return openingOf(result)
    default:
      return withoutOddMeta(result)
  }
}

/** Returns the response to `initialize` without members of a wrong type. */
function openingOf(result: Message): Message {
  const { protocolVersion, capabilities, serverInfo, instructions } = result
  const given = isRecord(capabilities) ? Object.entries(capabilities) : []
  const info = isRecord(serverInfo) ? serverInfo : {}
  return {
    protocolVersion,
    capabilities: Object.fromEntries(
      given.flatMap(([name, value]) => (isRecord(value) ? [[name, flagsOf(value)]] : [])),
    ),
    serverInfo: { name: stringOf(info['name'], 'unknown'), version: stringOf(info['version'], '0') },
    ...(typeof instructions === 'string' ? { instructions } : {}),
  }
}

function stringOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}

function flagsOf(value: Message): Message {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null))
}

/** Returns a value as JSON of limited length. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > maxQuote ? `${text.slice(0, maxQuote)}…` : text
}
