import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isLoopback } from '../protocol/secure-url.ts'

/** The address that the authorization server redirects the browser of the user to. */
export interface RedirectServer extends AsyncDisposable {
  readonly url: string
}

/** Returns the redirect of the settings; a port of 0 stands for a free one. */
export function redirectOf(settings: { readonly callbackPort?: number; readonly redirectUrl?: string }): URL {
  const { callbackPort, redirectUrl } = settings
  if (redirectUrl === undefined) {
    // Clients that are registered with a port have this form.
    return new URL(
      callbackPort === undefined ? 'http://127.0.0.1:0/callback' : `http://localhost:${callbackPort}/callback`,
    )
  }
  const url = new URL(redirectUrl)
  if (url.protocol === 'http:' && isLoopback(url.hostname)) return url
  throw new Error(`the redirect must be http on a loopback address, got ${redirectUrl}`)
}

/** Listens at the redirect. `onRedirect` receives the parameters of each redirect and returns whether it is valid. */
export async function listenForRedirect(
  redirect: URL,
  onRedirect: (params: URLSearchParams) => boolean,
): Promise<RedirectServer> {
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const url = URL.parse(request.url ?? '', redirect.href)
    const isRedirect = request.method === 'GET' && url?.pathname === redirect.pathname
    const params = url?.searchParams ?? new URLSearchParams()
    // Browsers ask for icons, and other programs scan ports.
    if (!isRedirect || !(params.has('code') || params.has('error'))) return respond(response, 404, 'Not found.')
    if (!onRedirect(params)) return respond(response, 400, 'The login failed. The terminal shows the reason.')
    respond(response, 200, 'You are logged in. You can close this page.')
  }
  const first = await listen(handle, redirect.hostname === '[::1]' ? '::1' : '127.0.0.1', Number(redirect.port || 80))
  const port = portOf(first)
  // `localhost` has two addresses, and browsers differ in the one that they try.
  const second = redirect.hostname === 'localhost' ? await listen(handle, '::1', port).catch(() => null) : null
  const bound = new URL(redirect)
  bound.port = String(port)
  return {
    url: bound.href,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([close(first), second === null ? null : close(second)])
    },
  }
}

function respond(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    connection: 'close',
  })
  response.end(`<!doctype html><meta charset="utf-8"><title>codecell</title><p>${text}</p>\n`)
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

async function listen(handle: Handler, host: string, port: number): Promise<Server> {
  const server = createServer(handle)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return server
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the redirect has no port')
  return address.port
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => {
    server.close(resolve)
  })
  // The page of the last redirect is still on its way.
  setTimeout(() => server.closeAllConnections(), 500).unref()
  server.closeIdleConnections()
  await closed
}
