import type { ServerContext } from '@modelcontextprotocol/server'
import type { ClientSession } from './client-session.ts'
import type { Observation } from './observation.ts'

/**
 * Tells the client that a call is alive, if it asked for that: now and then, and whenever the script says something. Clients
 * that listen start their time limit anew with each.
 */
export function reportProgress(
  { mcpReq }: ServerContext,
  client: ClientSession,
  observation: Observation,
  everyMs: number,
): Disposable {
  // oxlint-disable-next-line no-underscore-dangle -- the name that MCP gave it
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return { [Symbol.dispose]: () => undefined }
  const startedAt = performance.now()
  const callsBefore = client.calls
  let progress = 0
  const send = (message: string): void => {
    progress++
    // A client that is gone hears of nothing; its request is given up elsewhere.
    mcpReq
      .notify({ method: 'notifications/progress', params: { progressToken, progress, message } })
      .catch(() => undefined)
  }
  const beat = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    send(`Running for ${seconds} s, ${client.calls - callsBefore} tool calls`)
  }, everyMs).unref()
  const notes = client.notes.listen((cellId, text) => {
    if (observation.cellIds.includes(cellId)) send(text)
  })
  return {
    [Symbol.dispose]() {
      clearInterval(beat)
      notes[Symbol.dispose]()
    },
  }
}
