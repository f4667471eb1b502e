// A local server that speaks the streaming OpenAI Responses API and plays a script, so that the example runs without a key.
import { once } from 'node:events'
import { createServer } from 'node:http'

// The program that a model would write: five tool calls in one turn.
const program = `const ids = await tools.list_orders({})
const orders = await Promise.all(ids.map((id) => tools.get_order({ id })))
const late = orders.filter((order) => order.daysLate > 0)
text({ late: late.map((order) => order.id), worth: late.reduce((sum, order) => sum + order.price, 0) })`

const answer = 'A2 and A4 are late. Together they are worth 140.'
const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'exec', status: 'completed' }
const message = { type: 'message', id: 'msg_2', role: 'assistant', status: 'completed' }
const content = [{ type: 'output_text', text: answer, annotations: [] }]

/** The events of each turn. */
const turns = [
  [
    { type: 'response.output_item.added', output_index: 0, item: { ...call, arguments: '' } },
    {
      type: 'response.output_item.done',
      output_index: 0,
      item: { ...call, arguments: JSON.stringify({ code: program }) },
    },
  ],
  [
    { type: 'response.output_item.added', output_index: 0, item: { ...message, content: [] } },
    { type: 'response.output_text.delta', output_index: 0, item_id: 'msg_2', delta: answer },
    { type: 'response.output_item.done', output_index: 0, item: { ...message, content } },
  ],
]

/** Starts the server. Each request gets the next turn. */
export async function startScriptedModel(): Promise<AsyncDisposable & { readonly baseURL: string }> {
  let turn = 0
  const server = createServer((_request, response) => {
    const events = turns[turn++]
    if (events === undefined) {
      response.writeHead(400).end('the script has no further turn')
      return
    }
    const id = `resp_${turn}`
    const start = { type: 'response.created', response: { id, created_at: 0, model: 'scripted' } }
    const usage = { input_tokens: 0, output_tokens: 0 }
    const end = { type: 'response.completed', response: { id, usage } }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end([start, ...events, end].map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''))
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
