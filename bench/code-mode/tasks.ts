import type { Tool } from '../../src/index.ts'

/** An item of the output of the scripted model. */
type Item = Readonly<Record<string, unknown>> & { readonly type: string }

/** A task in one way: the outputs of the model, turn by turn, and whether it calls the tools itself. */
export type Script = { readonly name: string; readonly isDirect: boolean; readonly turns: readonly (readonly Item[])[] }

const customers = ['Acme', 'Borealis', 'Corvid', 'Dunes', 'Elm']

const ids = Array.from({ length: 20 }, (_, index) => `inv-${1001 + index}`)

function invoiceOf(id: string): Readonly<Record<string, unknown>> {
  const number = Number(id.slice('inv-'.length))
  const lines = Array.from({ length: 4 }, (_, index) => ({
    sku: `SKU-${(number * 7 + index * 13) % 900}`,
    description: ['Consulting, on site', 'Support plan', 'Licence, yearly', 'Travel expenses'][index],
    quantity: 1 + ((number + index) % 3),
    price: 20 + ((number * 11 + index * 17) % 90),
  }))
  return { id, customer: customers[number % 5], issued: '2026-10-01', due: '2026-10-31', currency: 'EUR', lines }
}

/** Returns the tools of the task. */
export function invoiceTools(isDirect: boolean): readonly Tool[] {
  const allowedCallers: Tool['allowedCallers'] = [isDirect ? 'direct' : 'code']
  const text = { type: 'string' }
  return [
    {
      name: 'list_invoices',
      description: 'Lists the ids of the invoices with a status',
      inputSchema: {
        type: 'object',
        properties: { status: { enum: ['open', 'overdue', 'paid'] } },
        required: ['status'],
      },
      allowedCallers,
      call: () => ({ ids }),
    },
    {
      name: 'get_invoice',
      description: 'Returns an invoice with its lines',
      inputSchema: { type: 'object', properties: { id: text }, required: ['id'] },
      outputSchema: outputOf(text),
      allowedCallers,
      call: (input) => invoiceOf(typeof input === 'object' && input !== null && 'id' in input ? String(input.id) : ''),
    },
  ]
}

function outputOf(text: object): Readonly<Record<string, unknown>> {
  const line = { sku: text, description: text, quantity: { type: 'number' }, price: { type: 'number' } }
  const lines = { type: 'array', items: { type: 'object', properties: line, required: Object.keys(line) } }
  const properties = { id: text, customer: text, issued: text, due: text, currency: text, lines }
  return { type: 'object', properties, required: Object.keys(properties) }
}

/** The prompt of the long task, and of the short one. */
export const prompts = {
  report: 'Which customers owe more than 1,000 in overdue invoices?',
  one: 'Which customer has invoice inv-1001?',
} as const

const results = { report: 'Acme, Borealis, Corvid, Dunes and Elm.', one: 'Borealis.' } as const

let calls = 0
const call = (name: string, input: object): Item => {
  const callId = `call_${++calls}`
  return { type: 'function_call', id: `fc_${calls}`, call_id: callId, name, arguments: JSON.stringify(input) }
}
const exec = (input: string): Item => ({
  type: 'custom_tool_call',
  id: 'ctc_1',
  call_id: 'call_1',
  name: 'exec',
  input,
})
const message = (text: string): Item => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [] }],
})

/** Returns the long task in each way. `program` is the one of the page. */
export function reportScripts(program: string, conclusion: string = results.report): readonly Script[] {
  const list = call('list_invoices', { status: 'overdue' })
  const reads = ids.map((id) => call('get_invoice', { id }))
  return [
    {
      name: 'twenty invoices: one call per turn',
      isDirect: true,
      turns: [[list], ...reads.map((read) => [read]), [message(conclusion)]],
    },
    { name: 'twenty invoices: parallel calls', isDirect: true, turns: [[list], reads, [message(conclusion)]] },
    { name: 'twenty invoices: a program', isDirect: false, turns: [[exec(program)], [message(conclusion)]] },
  ]
}

/** Returns a task of one call in both ways. */
export function shortScripts(): readonly Script[] {
  const program = "text((await tools.get_invoice({ id: 'inv-1001' })).customer)"
  return [
    {
      name: 'one invoice: a call',
      isDirect: true,
      turns: [[call('get_invoice', { id: 'inv-1001' })], [message(results.one)]],
    },
    { name: 'one invoice: a program', isDirect: false, turns: [[exec(program)], [message(results.one)]] },
  ]
}

/** Returns the customers that owe more than 1,000, with their amounts, computed without a model. */
export function expectedReport(): readonly (readonly [string, number])[] {
  const owed = new Map<string, number>()
  for (const id of ids) {
    const { customer, lines } = invoiceOf(id)
    const amounts = Array.isArray(lines) ? lines.map(({ quantity, price }) => Number(quantity) * Number(price)) : []
    const amount = amounts.reduce((sum, one) => sum + one, 0)
    owed.set(String(customer), (owed.get(String(customer)) ?? 0) + amount)
  }
  return [...owed].filter(([, amount]) => amount > 1000)
}
