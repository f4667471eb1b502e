import {
  consoleHeader,
  type ApprovalPage,
  type CallDetail,
  type CallPage,
  type ConsoleCatalogue,
  type DecideRequest,
  type DecideResponse,
  type Done,
  type ErrorBody,
  type RunEvent,
  type RunReference,
  type RunRequest,
  type RunStarted,
} from '../../../../src/console/api.ts'

/** The requests of the playground to the server of the console. */
export type ServerRequests = {
  readonly catalogue: () => Promise<ConsoleCatalogue>
  readonly run: (request: RunRequest) => Promise<RunStarted>
  readonly stop: (run: RunReference) => Promise<Done>
  /** Receives the events of a run, from its beginning, until its last one. `onLost`: the server refused them. */
  readonly events: (run: string, onEvent: (event: RunEvent) => void, onLost: () => void) => void
  readonly approvals: (session: string, cell: string) => Promise<ApprovalPage>
  readonly decide: (request: DecideRequest) => Promise<DecideResponse>
  readonly calls: (session: string, cell: string) => Promise<CallPage>
  readonly call: (session: string, key: string) => Promise<CallDetail>
}

/** Returns the requests to the server of this page. Each rejects with the message of the server. */
export function serverRequests(): ServerRequests {
  return {
    catalogue: () => get('/api/catalogue', {}),
    run: (request) => post('/api/run', request),
    stop: (run) => post('/api/run/stop', run),
    events: openEvents,
    approvals: (session, cell) => get('/api/approvals', { session, cell }),
    decide: (request) => post('/api/decide', request),
    calls: (session, cell) => get('/api/calls', { session, cell, order: 'oldest' }),
    call: (session, key) => get('/api/call', { session, key }),
  }
}

function openEvents(run: string, onEvent: (event: RunEvent) => void, onLost: () => void): void {
  const source = new EventSource(`/api/run/events?${new URLSearchParams({ run }).toString()}`)
  let count = 0
  let known = 0
  // The browser connects again after a failure, and the events begin again.
  source.addEventListener('open', () => {
    known = count
    count = 0
  })
  source.addEventListener('message', ({ data }: MessageEvent<string>) => {
    const event: RunEvent = JSON.parse(data)
    if (++count > known) onEvent(event)
    if (event.type === 'ended' || event.type === 'lost') source.close()
  })
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) onLost()
  })
}

async function get<Body>(path: string, query: Readonly<Record<string, string>>): Promise<Body> {
  return await bodyOf(await fetch(`${path}?${new URLSearchParams(query).toString()}`, { cache: 'no-store' }))
}

async function post<Body>(path: string, request: object): Promise<Body> {
  const headers = { 'content-type': 'application/json', [consoleHeader]: '1' }
  return await bodyOf(await fetch(path, { method: 'POST', headers, body: JSON.stringify(request) }))
}

/** Page and server are of one version, so the types of bodies are those of `src/console/api.ts`. */
async function bodyOf<Body>(response: Response): Promise<Body> {
  const body: Body | ErrorBody = await response.json()
  if (isErrorBody(body)) throw new Error(body.error.message)
  return body
}

function isErrorBody(body: unknown): body is ErrorBody {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false
  return typeof body.error === 'object' && body.error !== null && Object.keys(body).length === 1
}
