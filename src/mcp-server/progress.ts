import type { ServerContext } from '@modelcontextprotocol/server'
import type { FollowEvent } from '../session/api/follow-event.ts'
import type { Session } from '../session/api/session-options.ts'
import type { ClientCall } from './client-call.ts'

export type ProgressOptions = {
  readonly call: ClientCall
  /** Returns null until the client has run a program. */
  readonly session: () => Session | null
  readonly everyMs: number
}

/**
 * Sends progress of a call to the client if the request asks for it: at intervals, and at each notification of a script.
 * Clients can reset their timeout at each progress message.
 */
export function reportProgress({ mcpReq }: ServerContext, { call, session, everyMs }: ProgressOptions): Disposable {
  // oxlint-disable-next-line no-underscore-dangle -- the name in the protocol
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return { [Symbol.dispose]: () => undefined }
  const startedAt = performance.now()
  let calls = 0
  let progress = 0
  const send = (message: string): void => {
    progress++
    // A disconnected client receives nothing; its request is canceled elsewhere.
    mcpReq
      .notify({ method: 'notifications/progress', params: { progressToken, progress, message } })
      .catch(() => undefined)
  }
  const beat = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    send(`Running for ${seconds} s, ${calls} tool calls`)
  }, everyMs).unref()
  const onEvent = (event: FollowEvent): void => {
    if (event.type === 'call_started') calls++
    if (event.type === 'notification') send(event.text)
  }
  const stop = new AbortController()
  const watching = call.watchCells((cellId) => {
    follow(session(), cellId, { onEvent, signal: stop.signal }).catch(() => undefined)
  })
  return {
    [Symbol.dispose]() {
      clearInterval(beat)
      watching[Symbol.dispose]()
      stop.abort(new Error('the request has ended'))
    },
  }
}

/** Reports the events of a cell, until the cell, the session or the request ends. */
async function follow(
  session: Session | null,
  cellId: string,
  { onEvent, signal }: { readonly onEvent: (event: FollowEvent) => void; readonly signal: AbortSignal },
): Promise<void> {
  if (session === null) return
  for await (const event of session.follow(cellId, { takesOutput: false, signal })) onEvent(event)
}
