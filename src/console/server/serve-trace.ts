import type { IncomingMessage, ServerResponse } from 'node:http'
import { contentPolicy, readViewerPage } from '../../trace-view/viewer-page.ts'
import type { TraceLibrary } from '../traces/trace-library.ts'
import { RequestError, sendHtml } from '../http/respond.ts'

/** The maximum size of a payload that is sent, in bytes. */
const maxPayloadBytes = 2 ** 25

/** Serves the trace viewer of a bundle at `/trace/NAME/`, with the content security policy of the viewer. */
export function serveTrace(
  _request: IncomingMessage,
  response: ServerResponse,
  traces: TraceLibrary | null,
  path: string,
): void {
  const [, encodedName = '', rest = ''] = /^\/trace\/([^/]+)\/(.*)$/.exec(path) ?? []
  const bundle = traces?.find(decoded(encodedName)) ?? null
  if (bundle === null) throw notFound()
  if (rest === '') {
    const page = readViewerPage()
    return sendHtml(response, page, contentPolicy(page, 'server'))
  }
  const view = bundle.view()
  if (rest === 'data.json') return sendText(response, view.json())
  // This status tells a browser not to reconnect: a page that is loaded again has the latest data.
  if (rest === 'follow') return void response.writeHead(204).end()
  const payload = view.payload(decoded(/^payload\/([^/]+)$/.exec(rest)?.[1] ?? ''))
  if (payload === undefined) throw notFound()
  const size = view.sizeOf(payload)
  if (size > maxPayloadBytes) {
    throw new RequestError(413, 'LIMIT_EXCEEDED', `The payload has ${size} bytes; the maximum is ${maxPayloadBytes}`)
  }
  sendText(response, view.payloadJson(payload))
}

function sendText(response: ServerResponse, json: string): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(json)
}

function notFound(): RequestError {
  return new RequestError(404, 'NOT_FOUND', 'Not found')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
