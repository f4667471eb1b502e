import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createTraceWriter, makeViewData, openTraceBundle, type TraceWriter } from '../../src/trace.ts'
import { serveTraceView, type TraceViewServerOptions } from '../../src/trace-view.ts'
import { BundleView } from '../../src/trace-view/bundle-view.ts'
import { newFolder } from '../support/folder.ts'
import { sampleBundle, traceId } from '../trace/view/write-sample.ts'
import { page } from './page.ts'

function newWriter(): { readonly writer: TraceWriter; readonly directory: string } {
  const writer = createTraceWriter({ root: newFolder(), rootThreadId: 'T1', traceId, schema: 2 })
  return { writer, directory: writer.directory ?? '' }
}

async function serve(options: Partial<TraceViewServerOptions> = {}): Promise<URL> {
  const server = await serveTraceView({ directory: sampleBundle(), page, ...options })
  onTestFinished(() => server[Symbol.asyncDispose]())
  return new URL(server.url)
}

type Answer = { readonly status: number | undefined; readonly text: string }

/** Sends a request with any host and path, which browsers do not allow. */
async function ask(base: URL, path: string, { host = base.host, method = 'GET' } = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const options = { host: base.hostname, port: base.port, path, method, headers: { host }, agent: false }
  request(options, (response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (part: string) => (text += part))
    response.on('end', () => resolve({ status: response.statusCode, text }))
  })
    .on('error', reject)
    .end()
  return await promise
}

describe('serveTraceView()', () => {
  test('the server sends the page, its data and its payloads, and forbids everything else', async () => {
    const directory = sampleBundle()
    const url = await serve({ directory })
    const answer = await fetch(url)
    expect([answer.status, await answer.text()]).toEqual([200, page])
    const hash = createHash('sha256').update("document.title = 'ran'").digest('base64')
    const headers = Object.fromEntries(answer.headers)
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy':
        `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data:; media-src data:; ` +
        `connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'content-type': 'text/html; charset=utf-8',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    expect(headers).not.toHaveProperty('access-control-allow-origin')
    const data = await fetch(new URL('data.json', url))
    expect([data.headers.get('content-type'), await data.json()]).toEqual([
      'application/json',
      makeViewData(openTraceBundle(directory)),
    ])
    const payload = await fetch(new URL('payload/raw_payload%3A5', url))
    expect([payload.headers.get('content-type'), await payload.json()]).toEqual([
      'application/json',
      { type: 'code_mode_response', value: 2 },
    ])
  })

  test('the server listens on this machine alone, at a new secret path each time', async () => {
    const [one, other] = [await serve(), await serve()]
    expect(one.hostname).toBe('127.0.0.1')
    expect(one.pathname).toMatch(/^\/[\da-f]{32}\/$/)
    expect(other.pathname).not.toBe(one.pathname)
  })

  test.each<[what: string, path: (root: string) => string, status: number]>([
    ['no secret', () => '/', 404],
    ['the data without the secret', () => '/data.json', 404],
    ['a wrong secret', () => `/${'0'.repeat(32)}/data.json`, 404],
    ['half of the secret', (root) => root.slice(0, 20), 404],
    ['the secret alone', (root) => root.slice(0, -1), 404],
    ['another file', (root) => `${root}manifest.json`, 404],
    ['a file of the bundle', (root) => `${root}payloads/5.json`, 404],
    ['a path above the secret', (root) => `${root}../manifest.json`, 404],
    ['an unknown payload', (root) => `${root}payload/raw_payload:77`, 404],
    ['a payload by its path', (root) => `${root}payload/payloads%2F5.json`, 404],
    ['a payload above its folder', (root) => `${root}payload/..%2Fmanifest.json`, 404],
    ['a path below a payload', (root) => `${root}payload/raw_payload:5/x`, 404],
    ['no payload', (root) => `${root}payload/`, 404],
    ['an id that is not UTF-8', (root) => `${root}payload/%ff`, 404],
    ['the id __proto__', (root) => `${root}payload/__proto__`, 404],
    ['an absolute URL', (root) => `http://127.0.0.1${root}data.json`, 404],
    ['a query', (root) => `${root}data.json?x=1`, 200],
    ['"follow" for a bundle that is not followed', (root) => `${root}follow`, 204],
  ])('the server answers a request with %s', async (_what, path, status) => {
    const url = await serve()
    expect((await ask(url, path(url.pathname))).status).toBe(status)
  })

  test.each(['evil.example', 'evil.example:80', '127.0.0.1', '127.0.0.1:1', 'localhost.evil.example'])(
    'the server rejects the host "%s"',
    async (host) => {
      const url = await serve()
      const answer = await ask(url, `${url.pathname}data.json`, { host })
      expect(answer).toEqual({ status: 403, text: 'Unknown host\n' })
    },
  )

  test('the server accepts the host localhost', async () => {
    const url = await serve()
    expect((await ask(url, url.pathname, { host: `localhost:${url.port}` })).status).toBe(200)
  })

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH'])(
    'the server rejects the method %s',
    async (method) => {
      const url = await serve()
      expect((await ask(url, `${url.pathname}data.json`, { method })).status).toBe(405)
    },
  )

  test('the server reports why a bundle does not reduce', async () => {
    const { writer, directory } = newWriter()
    const end = { type: 'tool_call_ended', tool_call_id: 'none', status: 'completed', result_payload: null } as const
    writer.append({ threadId: 'T1', turnId: null }, end)
    const url = await serve({ directory })
    const data = await (await fetch(new URL('data.json', url))).json()
    expect(data).toMatchObject({ cells: [], problems: [expect.stringMatching(/^Cannot reduce the trace: /)] })
  })

  test('the server reports a missing payload and keeps running', async () => {
    const directory = sampleBundle()
    const url = await serve({ directory })
    await (await fetch(new URL('data.json', url))).text()
    rmSync(join(directory, 'payloads/5.json'))
    const answer = await fetch(new URL('payload/raw_payload:5', url))
    expect([answer.status, await answer.text()]).toEqual([
      500,
      expect.stringMatching(/^Cannot read "payloads\/5.json": /),
    ])
    expect((await fetch(url)).status).toBe(200)
  })

  test('the server rejects a payload that is too large for a page', async () => {
    const directory = sampleBundle()
    writeFileSync(join(directory, 'payloads/7.json'), `{"type":"x","y":"${'a'.repeat(2 ** 25)}"}`)
    const answer = await fetch(new URL('payload/raw_payload:7', await serve({ directory })))
    expect([answer.status, await answer.text()]).toEqual([
      413,
      'The payload has 33554451 bytes; the maximum is 33554432\n',
    ])
  })

  test('the server reports a port that is in use', async () => {
    const url = await serve()
    await expect(serveTraceView({ directory: sampleBundle(), page, port: Number(url.port) })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/^Cannot listen at 127\.0\.0\.1:\d+: /),
    })
  })

  test('the server does not start without a bundle', async () => {
    await expect(serveTraceView({ directory: newFolder(), page })).rejects.toMatchObject({ code: 'TRACE_UNREADABLE' })
  })
})

describe('a page that follows a bundle', () => {
  const begin = (writer: TraceWriter): void => {
    const nowhere = { threadId: null, turnId: null }
    writer.append(nowhere, { type: 'rollout_started', trace_id: traceId, root_thread_id: 'T1' })
    writer.append(nowhere, { type: 'thread_started', thread_id: 'T1', agent_path: '/root', metadata_payload: null })
  }
  const addTurn = (writer: TraceWriter, id: string): void => {
    writer.append({ threadId: 'T1', turnId: id }, { type: 'codex_turn_started', codex_turn_id: id, thread_id: 'T1' })
  }

  /** Returns the events of a following page as text. */
  async function follow(url: URL): Promise<{ readonly next: () => Promise<string> }> {
    const controller = new AbortController()
    onTestFinished(() => controller.abort())
    const { body, headers } = await fetch(new URL('follow', url), { signal: controller.signal })
    expect(headers.get('content-type')).toBe('text/event-stream')
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
    return { next: async () => (await reader?.read())?.value ?? '' }
  }

  const turnsOf = async (url: URL): Promise<unknown> => {
    const data: ReturnType<typeof makeViewData> = JSON.parse(await (await fetch(new URL('data.json', url))).text())
    return data.entries.filter(({ type }) => type === 'turn').map(({ name }) => name)
  }

  test('each page receives each change of the bundle', async () => {
    const { writer, directory } = newWriter()
    begin(writer)
    const url = await serve({ directory, follow: true })
    expect(await turnsOf(url)).toEqual([])
    const pages = [await follow(url), await follow(url)]
    for (const { next } of pages) expect(await next()).toBe(': follows\n\n')
    for (const id of ['one', 'two', 'three']) {
      addTurn(writer, id)
      const told = await Promise.all(pages.map(({ next }) => next()))
      expect(told).toEqual(pages.map(() => 'event: changed\ndata: {}\n\n'))
    }
    expect(await turnsOf(url)).toEqual(['one', 'two', 'three'])
  })

  test('a page with outdated data is notified at once', async () => {
    const { writer, directory } = newWriter()
    begin(writer)
    const url = await serve({ directory, follow: true })
    expect(await turnsOf(url)).toEqual([])
    addTurn(writer, 'one')
    const { next } = await follow(url)
    expect(await next()).toBe('event: changed\ndata: {}\n\n')
  })

  test('a bundle is reduced once for each change', () => {
    const { writer, directory } = newWriter()
    begin(writer)
    const view = new BundleView(directory)
    const first = view.json()
    const { buildMs } = view
    expect([view.json() === first, view.buildMs === buildMs, view.isBehind]).toEqual([true, true, false])
    addTurn(writer, 'one')
    expect(view.isBehind).toBe(true)
    expect([view.json() === first, view.buildMs === buildMs, view.isBehind]).toEqual([false, false, false])
  })

  test('a longer cell log is a change', () => {
    const { writer, directory } = newWriter()
    begin(writer)
    mkdirSync(join(directory, 'cells'))
    const view = new BundleView(directory)
    view.json()
    for (const text of ['{"type":"cell"', ',"format":1}\n']) {
      expect(view.isBehind).toBe(false)
      appendFileSync(join(directory, 'cells/1.jsonl'), text)
      expect(view.isBehind).toBe(true)
      view.json()
    }
  })

  test('the server ends while a page follows', async () => {
    const { writer, directory } = newWriter()
    begin(writer)
    const server = await serveTraceView({ directory, page, follow: true })
    const { next } = await follow(new URL(server.url))
    await next()
    await server[Symbol.asyncDispose]()
    await expect(next()).rejects.toThrow('terminated')
    await expect(fetch(server.url)).rejects.toThrow('fetch failed')
  })
})
