import type { ServerContext } from '@modelcontextprotocol/server'
import type { Observation } from './observation.ts'

/**
 * Tells the client that a call is alive, if it asked for that: now and then, and whenever the script says something. Clients
 * that listen start their time limit anew with each.
 */
export function reportProgress({ mcpReq }: ServerContext, observation: Observation, everyMs: number): Disposable {
  // oxlint-disable-next-line no-underscore-dangle -- the name that MCP gave it
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return { [Symbol.dispose]: () => undefined }
  const startedAt = performance.now()
  let calls = 0
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
    send(`Running for ${seconds} s, ${calls} tool calls`)
  }, everyMs).unref()
  const watching = observation.watch((event) => {
    if (event.type === 'call_started') calls++
    if (event.type === 'notification') send(event.text)
  })
  return {
    [Symbol.dispose]() {
      clearInterval(beat)
      watching[Symbol.dispose]()
    },
  }
}
