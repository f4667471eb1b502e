// A server that speaks the OpenAI Responses API and plays a script, so that the example runs without a key.

const program = `const orders = await tools.list_orders({})
const late = orders.filter((order) => order.daysLate > 0)
const refunds = late.map((order) => tools.refund({ order: order.id, amount: order.price / 10 }))
const results = await Promise.allSettled(refunds)
text(results.map((result) => result.value ?? result.reason))`

type Item = { readonly type?: string; readonly role?: string; readonly output?: unknown }

/** Answers with a program to a question, with `wait` while a cell runs, and with a message to the end of a cell. */
export async function POST(request: Request): Promise<Response> {
  const { input }: { input: readonly Item[] } = await request.json()
  const output = nextItem(input.at(-1), input.length)
  const id = `resp_${input.length}`
  const events = [
    { type: 'response.created', response: { id, created_at: 0, model: 'scripted' } },
    { type: 'response.output_item.added', output_index: 0, item: output },
    ...(output.type === 'message'
      ? [{ type: 'response.output_text.delta', item_id: output.id, delta: output.content[0]?.text }]
      : []),
    { type: 'response.output_item.done', output_index: 0, item: output },
    { type: 'response.completed', response: { id, usage: { input_tokens: 0, output_tokens: 0 } } },
  ]
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

function nextItem(last: Item | undefined, length: number) {
  const seen = JSON.stringify(last?.output ?? '')
  const cell = /Script running with cell ID (\d+)/.exec(seen)?.[1]
  if (last?.role === 'user') return call('exec', { code: program }, length)
  if (cell !== undefined) return call('wait', { cell_id: cell }, length)
  const refunds = seen.match(/refunded \d+ for A\d/g) ?? []
  const text = refunds.length === 0 ? 'I made no refund.' : `Done: ${refunds.join(', ')}.`
  const content = [{ type: 'output_text', text, annotations: [] }]
  return { type: 'message' as const, id: `msg_${length}`, role: 'assistant', status: 'completed', content }
}

function call(name: string, input: object, length: number) {
  const [id, call_id] = [`fc_${length}`, `call_${length}`]
  return { type: 'function_call' as const, id, call_id, name, arguments: JSON.stringify(input), status: 'completed' }
}
