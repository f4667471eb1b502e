// A local server that speaks the Anthropic Messages API and plays a script, so that the example runs without a key.
import { once } from 'node:events'
import { createServer } from 'node:http'

// The program that a model would write: five tool calls in one turn.
const program = `const ids = await tools.list_orders({})
const orders = await Promise.all(ids.map((id) => tools.get_order({ id })))
const late = orders.filter((order) => order.daysLate > 0)
text({ late: late.map((order) => order.id), worth: late.reduce((sum, order) => sum + order.price, 0) })`

const turns = [
  { stop_reason: 'tool_use', content: [{ type: 'tool_use', id: 'toolu_1', name: 'exec', input: { code: program } }] },
  {
    stop_reason: 'end_turn',
    content: [{ type: 'text', text: 'A2 and A4 are late. Together they are worth 140.' }],
  },
]

/** Starts the server. Each request gets the next turn. */
export async function startScriptedModel(): Promise<AsyncDisposable & { readonly baseURL: string }> {
  let turn = 0
  const server = createServer((_request, response) => {
    const message = turns[turn++]
    response.writeHead(message === undefined ? 400 : 200, { 'content-type': 'application/json' })
    const error = { type: 'invalid_request_error', message: 'the script has no further turn' }
    const body = { id: `msg_${turn}`, type: 'message', role: 'assistant', ...message }
    response.end(JSON.stringify(message === undefined ? { type: 'error', error } : body))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot start the scripted model: no port')
  return {
    baseURL: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}
