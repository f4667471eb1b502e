import { CodecellError, messageOf } from '../../errors.ts'
import { failureText, isConnectionClosed, statusOf } from './call-errors.ts'
import type { McpServerConfig } from './config/mcp-config.ts'
import { McpLink, waysTo, type LinkListeners } from './mcp-link.ts'
import type { ToolListing } from './mcp-tool-list.ts'
import { serverText } from './server-text.ts'
import type { WireAuthorization } from './wire/http-wire.ts'

export type LinkStart = {
  readonly listeners: LinkListeners
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Receives each link before it starts. A link that fails is removed. */
  readonly links: Set<McpLink>
  readonly authorization: WireAuthorization
}

/** A link that is ready, with the tools of its server, and the duration of its start. */
export type OpenLink = { readonly link: McpLink; readonly listing: ToolListing; readonly startMs: number }

/**
 * Connects to a server. A server at a URL that refuses streamable HTTP is asked over SSE, the transport before it.
 *
 * @throws {CodecellError} SERVER_START_FAILED with the end of the server's standard error.
 */
export async function openLink(server: McpServerConfig, start: LinkStart): Promise<OpenLink> {
  const [first, fallback] = waysTo(server)
  if (start.signal.aborted) throw startError(new CodecellError('SERVER_START_FAILED', 'it was canceled'))
  const timeout = AbortSignal.timeout(start.timeoutMs)
  const stop = AbortSignal.any([timeout, start.signal])
  const reasonOf = (): string => (timeout.aborted ? `it did not start within ${start.timeoutMs} ms` : 'it was canceled')
  try {
    return await openOne(new McpLink(server, first, start.listeners, start.authorization), start, { stop, reasonOf })
  } catch (error) {
    if (fallback === undefined || stop.aborted || !(error instanceof StartFailed) || !refusesTransport(error.cause)) {
      throw startError(error)
    }
    try {
      return await openOne(new McpLink(server, fallback, start.listeners, start.authorization), start, {
        stop,
        reasonOf,
      })
    } catch (second) {
      // A URL that is wrong refuses both transports.
      if (!(second instanceof StartFailed) || refusesTransport(second.cause)) throw startError(error)
      throw startError(new StartFailed(`${error.message}; over SSE: ${second.message}`, error.cause))
    }
  }
}

type Stop = { readonly stop: AbortSignal; readonly reasonOf: () => string }

async function openOne(link: McpLink, { timeoutMs, links }: LinkStart, { stop, reasonOf }: Stop): Promise<OpenLink> {
  links.add(link)
  const startedAt = performance.now()
  const stopped = Promise.withResolvers<never>()
  stopped.promise.catch(() => undefined)
  const onAbort = (): void => stopped.reject(new CodecellError('SERVER_START_FAILED', reasonOf()))
  stop.addEventListener('abort', onAbort)
  if (stop.aborted) onAbort()
  try {
    const listing = await Promise.race([link.start(timeoutMs), stopped.promise])
    return { link, listing, startMs: Math.round(performance.now() - startedAt) }
  } catch (cause) {
    const failure = new StartFailed(startText(link, cause), cause)
    await link[Symbol.asyncDispose]()
    links.delete(link)
    throw failure
  } finally {
    stop.removeEventListener('abort', onAbort)
  }
}

/** Returns whether a server does not support the transport, and not whether it refuses this client. */
function refusesTransport(cause: unknown): boolean {
  for (let error = cause, depth = 0; error instanceof Error && depth < 4; error = error.cause, depth++) {
    const status = statusOf(error)
    if (status !== null) return status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status)
  }
  return false
}

/** Maximum length of the standard error in the reason of a failed start, in characters. */
const maxSaid = 2000

class StartFailed extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause })
  }
}

function startText(link: McpLink, cause: unknown): string {
  const reason = isConnectionClosed(cause) ? (link.exitText ?? failureText(cause)) : failureText(cause)
  return link.said === '' ? reason : `${reason}; its standard error:\n${serverText(link.said, maxSaid)}`
}

function startError(error: unknown): CodecellError {
  const cause = error instanceof StartFailed ? error.cause : error
  return new CodecellError('SERVER_START_FAILED', messageOf(error), { cause })
}
