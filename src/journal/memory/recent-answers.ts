type Request = { cellId: string; source: string; readonly answers: Map<string, unknown> }

/** Requests whose answers are remembered: who asks again does so soon. */
const maxRequests = 100

/** What was answered to requests that may be repeated. */
export class RecentAnswers {
  readonly #requests = new Map<string, Request>()

  /** The request started a cell. */
  begun(requestId: string, { cellId, source }: { readonly cellId: string; readonly source: string }): void {
    const request = this.#requestOf(requestId)
    request.cellId = cellId
    request.source = source
  }

  add(requestId: string, cellId: string, outcome: unknown): void {
    this.#requestOf(requestId).answers.set(cellId, outcome)
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
    const request = { cellId: '', source: '', answers: new Map<string, unknown>() }
    this.#requests.set(requestId, request)
    return request
  }

  #forgetOldest(): void {
    for (const oldest of this.#requests.keys()) return void this.#requests.delete(oldest)
  }
}
