// A local server that speaks the OpenAI Responses API and plays a script, so that the example runs without a key.
import { once } from 'node:events'
import { createServer } from 'node:http'

// The program that a model would write: five tool calls in one turn.
const program = `const ids = await tools.list_orders({})
const orders = await Promise.all(ids.map((id) => tools.get_order({ id })))
const late = orders.filter((order) => order.daysLate > 0)
text({ late: late.map((order) => order.id), worth: late.reduce((sum, order) => sum + order.price, 0) })`

const turns = [
  { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_1', name: 'exec', input: program },
  {
    type: 'message',
    id: 'msg_2',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'A2 and A4 are late. Together they are worth 140.', annotations: [] }],
  },
]

/** Starts the server. Each request gets the next turn. */
export async function startScriptedModel(): Promise<AsyncDisposable & { readonly baseURL: string }> {
  let turn = 0
  const server = createServer((_request, response) => {
    const output = turns[turn++]
    response.writeHead(output === undefined ? 400 : 200, { 'content-type': 'application/json' })
    const error = { message: 'the script has no further turn' }
    response.end(JSON.stringify(output ? { id: `resp_${turn}`, object: 'response', output: [output] } : { error }))
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
