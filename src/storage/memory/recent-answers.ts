import { isRecord } from '../../protocol/json.ts'

type Request = { cellId: string; source: string; readonly answers: Map<string, unknown>; bytes: number }

/** Requests whose answers are remembered: who asks again does so soon. */
const maxRequests = 100

/** What was answered to requests that may be repeated. */
export class RecentAnswers {
  readonly #requests = new Map<string, Request>()
  readonly #maxBytes: number
  #bytes = 0

  /** `maxBytes`: of all answers and sources together, in characters. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The request started a cell. */
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

  /** The newest request stays, whatever it takes: it is the one that is most likely to come again. */
  #grow(request: Request, bytes: number): void {
    request.bytes += bytes
    this.#bytes += bytes
    while (this.#bytes > this.#maxBytes && this.#requests.size > 1) this.#forgetOldest()
  }

  /** The answer about a cell; null: about the one that the request started. */
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
    if (this.#requests.size >= maxRequests) this.#forgetOldest()
    const request = { cellId: '', source: '', answers: new Map<string, unknown>(), bytes: 0 }
    this.#requests.set(requestId, request)
    return request
  }

  #forgetOldest(): void {
    for (const [requestId, { bytes }] of this.#requests) {
      this.#bytes -= bytes
      return void this.#requests.delete(requestId)
    }
  }
}

/** The length of the texts of an answer. */
function lengthOf(outcome: unknown): number {
  const { items, errorText } = isRecord(outcome) ? outcome : {}
  const texts = Array.isArray(items) ? items.flatMap((item) => (isRecord(item) ? Object.values(item) : [])) : []
  return [...texts, errorText].reduce(
    (length: number, text) => length + (typeof text === 'string' ? text.length : 0),
    0,
  )
}
