import { BoundedMap } from '../../collections/bounded-map.ts'
import { isRecord } from '../../protocol/json.ts'

type Request = { cellId: string; source: string; readonly answers: Map<string, unknown>; bytes: number }

/** Maximum number of requests whose responses are remembered: clients retry soon. */
const maxRequests = 100

/** Responses to requests that may be repeated. */
export class RecentAnswers {
  readonly #requests = new BoundedMap<string, Request>(maxRequests, ({ bytes }) => (this.#bytes -= bytes))
  readonly #maxBytes: number
  #bytes = 0

  /** `maxBytes`: the limit for all responses and sources, in characters. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Records that the request started a cell. */
  begun(requestId: string, { cellId, source }: { readonly cellId: string; readonly source: string }): void {
    const request = this.#requestOf(requestId)
    request.cellId = cellId
    request.source = source
    this.#grow(request, source.length)
  }

  add(requestId: string, cellId: string, outcome: unknown): void {
    const request = this.#requestOf(requestId)
    request.answers.set(cellId, outcome)
    this.#grow(request, lengthOf(outcome))
  }

  /** The latest request stays, whatever its size: it is the most likely to be repeated. */
  #grow(request: Request, bytes: number): void {
    request.bytes += bytes
    this.#bytes += bytes
    while (this.#bytes > this.#maxBytes && this.#requests.size > 1) this.#requests.removeOldest()
  }

  /** Returns the response about a cell; null: about the cell that the request started. */
  find(requestId: string, cellId: string | null): unknown {
    const request = this.#requests.get(requestId)
    return request?.answers.get(cellId ?? request.cellId)
  }

  startedBy(requestId: string): { readonly cellId: string; readonly source: string } | null {
    const request = this.#requests.get(requestId)
    return request === undefined || request.cellId === '' ? null : request
  }

  #requestOf(requestId: string): Request {
    const known = this.#requests.get(requestId)
    if (known !== undefined) return known
    const request = { cellId: '', source: '', answers: new Map<string, unknown>(), bytes: 0 }
    this.#requests.set(requestId, request)
    return request
  }
}

/** Returns the length of the strings of a response. */
function lengthOf(outcome: unknown): number {
  const { items, errorText } = isRecord(outcome) ? outcome : {}
  const texts = Array.isArray(items) ? items.flatMap((item) => (isRecord(item) ? Object.values(item) : [])) : []
  return [...texts, errorText].reduce(
    (length: number, text) => length + (typeof text === 'string' ? text.length : 0),
    0,
  )
}
