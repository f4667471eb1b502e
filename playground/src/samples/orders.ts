import { later, memberOf, stringOf, type SampleTool } from './sample-tool.ts'

const pageSize = 3
const customers = ['Ada', 'Grace', 'Lin', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Margaret'] as const
const orders = customers.map((customer, index) => ({
  id: `A-${index + 1}`,
  customer,
  total: [19.9, 240, 7.5, 88.2, 120, 15, 63.4, 310][index] ?? 0,
  status: index % 3 === 0 ? 'open' : 'paid',
}))

const order = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    customer: { type: 'string' },
    total: { type: 'number', description: 'In EUR' },
    status: { enum: ['open', 'paid'] },
  },
  required: ['id', 'customer', 'total', 'status'],
} as const

/** Orders in pages, as most APIs have them. */
export const orderTools: readonly SampleTool[] = [
  {
    tool: {
      name: 'orders_list',
      description: `Lists orders in pages of ${pageSize}.`,
      annotations: { readOnlyHint: true },
      inputSchema: {
        type: 'object',
        properties: {
          cursor: { type: ['string', 'null'], description: 'nextCursor of the page before, null for the first page' },
        },
        required: ['cursor'],
        additionalProperties: false,
      },
      outputSchema: {
        type: 'object',
        properties: { orders: { type: 'array', items: order }, nextCursor: { type: ['string', 'null'] } },
        required: ['orders', 'nextCursor'],
      },
      call: (input, { signal }) => {
        const cursor = memberOf(input, 'cursor')
        const start = typeof cursor === 'string' ? Math.max(0, Number.parseInt(cursor, 10) || 0) : 0
        const end = start + pageSize
        const page = { orders: orders.slice(start, end), nextCursor: end < orders.length ? String(end) : null }
        return later(250, page, signal)
      },
    },
    result: { orders: orders.slice(0, 1), nextCursor: null },
  },
  {
    tool: {
      name: 'orders_get',
      description: 'Returns one order.',
      annotations: { readOnlyHint: true },
      inputSchema: {
        type: 'object',
        properties: { id: { type: 'string' } },
        required: ['id'],
        additionalProperties: false,
      },
      outputSchema: order,
      call: (input) => {
        const id = stringOf(input, 'id')
        const found = orders.find((one) => one.id === id)
        if (found === undefined) throw new Error(`Order not found: ${JSON.stringify(id)}`)
        return found
      },
    },
    result: orders[0],
  },
]
