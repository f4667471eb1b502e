import type { IncomingMessage, ServerResponse } from 'node:http'

/** The path that says whether the process is alive. */
const healthPath = '/healthz'
/** The path that says whether the process accepts work. */
const readyPath = '/readyz'

/** The state of a process for probes. */
export type ProbeState = {
  readonly isDraining: boolean
  /** Returns the reason why the process accepts no work; null when it does. */
  readonly readiness: () => Promise<string | null>
}

/**
 * Responds to a probe of an orchestrator or a load balancer, which has no credentials and names the machine by its address. Returns
 * whether the request was one. The response is a word, and readable for no page of another origin.
 */
export function answerProbe(request: IncomingMessage, response: ServerResponse, state: ProbeState): boolean {
  const { url, method } = request
  if (url !== healthPath && url !== readyPath) return false
  response.setHeader('cache-control', 'no-store').setHeader('x-content-type-options', 'nosniff')
  request.resume()
  if (method !== 'GET' && method !== 'HEAD') {
    respond(response, 405, 'Method not allowed')
  } else if (url === healthPath) {
    respond(response, 200, 'alive')
  } else {
    void respondReady(response, state)
  }
  return true
}

async function respondReady(response: ServerResponse, state: ProbeState): Promise<void> {
  const found = state.isDraining ? null : await state.readiness()
  // The drain can have begun in between.
  const reason = state.isDraining ? 'draining' : found
  respond(response, reason === null ? 200 : 503, reason ?? 'ready')
}

function respond(response: ServerResponse, status: number, text: string): void {
  const allow = status === 405 ? { allow: 'GET, HEAD' } : {}
  const body = `${text}\n`
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': body.length, ...allow }).end(body)
}
