import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { onTestFinished } from 'vitest'
import { serveConsole, type ConsoleServer, type ServeConsoleOptions } from '../../src/console.ts'

/** The tokens of the consoles of tests. */
export const annToken = 'ann-0123456789abcdef'
export const boToken = 'bo-0123456789abcdef'
export const readerToken = 'reader-0123456789abcdef'

export type Reply = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly json: unknown
}

export type Sent = {
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Starts a console with the users Ann and Bo, who can approve, and a reader. */
export async function startConsole(options: Omit<ServeConsoleOptions, 'tokens'>): Promise<ConsoleServer> {
  const server = await serveConsole({
    tokens: [
      { token: annToken, name: 'Ann' },
      { token: boToken, name: 'Bo' },
      { token: readerToken, name: 'Reader', scopes: ['read'] },
    ],
    ...options,
  })
  onTestFinished(async () => await server[Symbol.asyncDispose]())
  return server
}

/** Sends a request with exactly this path and these headers, as no browser would. */
export async function send(
  server: ConsoleServer,
  path: string,
  { method = 'GET', body, headers = {} }: Sent = {},
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const request = httpRequest(server.url, { path, method, headers }, (response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (part: string) => (text += part))
    response.on('end', () => {
      const isJson = response.headers['content-type']?.startsWith('application/json') === true
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text,
        json: isJson ? JSON.parse(text) : null,
      })
    })
  })
  request.on('error', reject)
  request.end(body === undefined ? undefined : JSON.stringify(body))
  return await promise
}

/** The headers of a user's script. */
export function headersOf(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}`, 'x-codecell-console': '1', 'content-type': 'application/json' }
}

/** Sends a request of a user. */
export async function ask<Json>(
  server: ConsoleServer,
  path: string,
  body?: object,
  token: string = annToken,
): Promise<Json> {
  const reply = await send(server, path, {
    headers: headersOf(token),
    ...(body === undefined ? {} : { method: 'POST', body }),
  })
  return JSON.parse(reply.text)
}

/** Reads the events of a stream until `isLast` returns true. */
export async function eventsUntil<Event>(
  server: ConsoleServer,
  isLast: (event: Event) => boolean,
  { path = '/api/events', onOpen = () => undefined }: { readonly path?: string; readonly onOpen?: () => unknown } = {},
): Promise<readonly Event[]> {
  const events: Event[] = []
  const response = await fetch(new URL(path, server.url), { headers: headersOf(annToken) })
  onOpen()
  let text = ''
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value = '' } = await reader.read()
    text += value
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const line = text.slice(0, end)
      text = text.slice(end + 2)
      if (!line.startsWith('data: ')) continue
      const event: Event = JSON.parse(line.slice('data: '.length))
      events.push(event)
      if (!isLast(event)) continue
      await reader.cancel()
      return events
    }
    if (done) return events
  }
}
