import type { IncomingMessage, ServerResponse } from 'node:http'
import { readJsonBody } from '../../mcp-server/http/read-json-body.ts'
import type { ConsoleScope } from '../api.ts'
import type { ConsoleParts } from './console-parts.ts'
import type { ConsoleUser } from '../auth/console-user.ts'
import { queryOf } from '../data/paging.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { Authentication } from '../http/authenticate.ts'
import { judgeConsoleRequest } from '../http/console-guard.ts'
import { RequestError, sendError, sendHtml, sendJson, setCommonHeaders } from '../http/respond.ts'
import { routes, type Route } from './routes.ts'
import { serveTrace } from './serve-trace.ts'
import { sendTypesWorker, typesWorkerPath } from './types-worker.ts'

/** Maximum size of a body, in bytes. */
const maxBodyBytes = 2 ** 21

export type ConsoleSiteInit = {
  readonly parts: ConsoleParts
  readonly authentication: Authentication
  /** The accepted host names with ports, in lower case. */
  readonly hosts: readonly string[]
  readonly workspaceOf: (user: ConsoleUser) => Workspace
  readonly page: () => { readonly html: string; readonly policy: string }
  readonly onError: (error: unknown) => void
}

/** Handles the requests of pages. */
export class ConsoleSite {
  readonly #init: ConsoleSiteInit

  constructor(init: ConsoleSiteInit) {
    this.#init = init
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    setCommonHeaders(response)
    this.#handle(request, response).catch((error: unknown) => {
      // A page that was closed needs no response.
      if (response.destroyed) return
      if (!(error instanceof RequestError)) this.#init.onError(error)
      sendError(request, response, error)
    })
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const verdict = judgeConsoleRequest(request, this.#init.hosts)
    if (verdict.type === 'refuse') {
      throw new RequestError(verdict.status, verdict.status === 405 ? 'BAD_REQUEST' : 'FORBIDDEN', verdict.text)
    }
    const url = URL.parse(request.url ?? '/', 'http://console')
    if (url === null) throw new RequestError(400, 'BAD_REQUEST', 'Expected a path as the target of the request')
    const path = url.pathname
    if (path === '/') return this.#sendPage(request, response)
    if (path === typesWorkerPath && request.method === 'GET') return sendTypesWorker(request, response)
    if (path === '/api/login' || path === '/api/logout') return await this.#logInOrOut(request, response, path)
    const isTrace = path.startsWith('/trace/')
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined
    // Whether a path exists is known to users only.
    const user = await this.#init.authentication.userOf(request)
    if (isTrace && request.method === 'GET') {
      demandScope(user, 'read')
      return serveTrace(request, response, this.#init.parts.tracesOf(user), path)
    }
    if (route === undefined) throw new RequestError(404, 'NOT_FOUND', 'Not found')
    await this.#respond(route, { request, response, user, url })
  }

  async #respond(route: Route, { request, response, user, url }: Authenticated): Promise<void> {
    const { parts, workspaceOf } = this.#init
    if (request.method !== route.method) {
      throw new RequestError(405, 'BAD_REQUEST', `Expected the method ${route.method}`)
    }
    demandScope(user, route.scope)
    if (route.method === 'POST' && parts.isReadOnly) {
      throw new RequestError(403, 'READ_ONLY', 'The console only reads', { advice: 'Start it without --read-only.' })
    }
    const body = route.method === 'POST' ? await bodyOf(request) : null
    const query = queryOf(url.searchParams)
    const responded = await route.respond({ user, workspace: workspaceOf(user), parts, query, body, response })
    if (responded !== null) sendJson(response, responded.json, responded.status ?? 200)
  }

  async #logInOrOut(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { authentication, parts, workspaceOf } = this.#init
    if (request.method !== 'POST') throw new RequestError(405, 'BAD_REQUEST', 'Expected the method POST')
    const body = await bodyOf(request)
    if (path === '/api/logout') {
      authentication.logOut(request, response)
      return sendJson(response, { type: 'done' })
    }
    const user = await authentication.logIn(request, response, body)
    sendJson(response, parts.meOf(user, workspaceOf(user)))
  }

  #sendPage({ method }: IncomingMessage, response: ServerResponse): void {
    if (method !== 'GET') throw new RequestError(405, 'BAD_REQUEST', 'Expected the method GET')
    const { html, policy } = this.#init.page()
    sendHtml(response, html, policy)
  }
}

type Authenticated = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly user: ConsoleUser
  readonly url: URL
}

/** @throws {RequestError} 403 */
function demandScope({ scopes }: ConsoleUser, scope: ConsoleScope): void {
  if (scopes.has(scope)) return
  throw new RequestError(403, 'FORBIDDEN', `The token does not have the scope "${scope}"`, {
    advice: 'Log in with a token that has it.',
  })
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const body = await readJsonBody(request, maxBodyBytes)
  if (body.type === 'json') return body.value
  if (body.type === 'malformed') throw new RequestError(400, 'BAD_REQUEST', 'Expected a body of JSON')
  const { status, text } = body
  if (status !== 413) throw new RequestError(status, 'BAD_REQUEST', text)
  throw new RequestError(status, 'LIMIT_EXCEEDED', text, { advice: 'Send less. The same body is always refused.' })
}
