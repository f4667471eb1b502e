import { createServer, type IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'

type Attribute = { readonly key: string; readonly value: Readonly<Record<string, unknown>> }

/** A span in OTLP/JSON. */
export type ReceivedSpan = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly Attribute[]
  readonly events: readonly {
    readonly name: string
    readonly timeUnixNano: string
    readonly attributes: readonly Attribute[]
  }[]
  readonly status: { readonly code?: number; readonly message?: string }
}

type Request = {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[] }[]
}

export interface Receiver extends AsyncDisposable {
  readonly url: string
  readonly spans: readonly ReceivedSpan[]
}

/** A collector of traces on the loopback interface that accepts OTLP/JSON over HTTP. */
export async function receiveTraces(): Promise<Receiver> {
  const spans: ReceivedSpan[] = []
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      const isTrace = request.method === 'POST' && request.url === '/v1/traces'
      if (isTrace) spans.push(...spansOf(JSON.parse(text)))
      response.writeHead(isTrace ? 200 : 404, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/v1/traces`,
    spans,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

export function spansOf(request: Request): readonly ReceivedSpan[] {
  return request.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) if (chunk instanceof Uint8Array) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8')
}

/** Describes a span with its parent by name, without ids and times. */
export function told(span: ReceivedSpan, all: readonly ReceivedSpan[]): object {
  const parent = all.find(({ spanId }) => spanId === span.parentSpanId)
  return {
    name: span.name,
    parent: parent?.name ?? null,
    kind: span.kind,
    attributes: valuesOf(span.attributes),
    // Sorted by name: the delivery of a notification is known only after the cell continued.
    events: span.events
      .map(({ name, attributes }) => ({ name, ...valuesOf(attributes) }))
      .toSorted((left, right) => left.name.localeCompare(right.name)),
    status: span.status,
  }
}

function valuesOf(attributes: readonly Attribute[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, key === 'codecell.duration_ms' ? 'some' : Object.values(value)[0]]),
  )
}
