// A local server that speaks the OpenAI Responses API and plays a script, so that the example runs without a key.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'

// The program that a model would write.
const program = `const orders = await tools.list_orders({})
const late = orders.filter((order) => order.daysLate > 0)
const refunds = late.map((order) => tools.refund({ order: order.id, amount: order.price / 10 }))
const results = await Promise.allSettled(refunds)
text(results.map((result) => result.value ?? result.reason))`

/** Returns a program for a question, `wait` while its cell runs, and then a message. */
function nextItem(request: unknown, turn: number): object {
  const input = typeof request === 'object' && request !== null && 'input' in request ? request.input : null
  const last = JSON.stringify(Array.isArray(input) ? input.at(-1) : input)
  const cell = /Script running with cell ID (\d+)/.exec(last)?.[1]
  if (turn === 1) return call('exec', { code: program }, turn)
  if (cell !== undefined) return call('wait', { cell_id: cell }, turn)
  const refunds = last.match(/refunded \d+ for A\d/g) ?? []
  const text = refunds.length === 0 ? 'I made no refund.' : `Done: ${refunds.join(', ')}.`
  const content = [{ type: 'output_text', text, annotations: [] }]
  return { type: 'message', id: `msg_${turn}`, role: 'assistant', status: 'completed', content }
}

function call(name: string, input: object, turn: number): object {
  const [id, call_id] = [`fc_${turn}`, `call_${turn}`]
  return { type: 'function_call', id, call_id, name, arguments: JSON.stringify(input), status: 'completed' }
}

/** Starts the server. */
export async function startScriptedModel(): Promise<AsyncDisposable & { readonly baseURL: string }> {
  let turn = 0
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      turn++
      const usage = { input_tokens: 0, output_tokens: 0, total_tokens: 0 }
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ id: `resp_${turn}`, object: 'response', output: [nextItem(body, turn)], usage }))
    })
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
