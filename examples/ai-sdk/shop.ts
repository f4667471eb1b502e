// The tools of the example: the orders of a small shop.
import { tool } from 'ai'
import { z } from 'zod'

const orders = [
  { id: 'A1', customer: 'Ann', price: 120, daysLate: 0 },
  { id: 'A2', customer: 'Bo', price: 80, daysLate: 3 },
  { id: 'A3', customer: 'Cy', price: 45, daysLate: 0 },
  { id: 'A4', customer: 'Di', price: 60, daysLate: 9 },
]

export const shopTools = {
  list_orders: tool({
    description: 'Lists the ids of all orders',
    inputSchema: z.object({}),
    execute: () => orders.map(({ id }) => id),
  }),
  get_order: tool({
    description: 'Returns an order with its price and its delay (daysLate)',
    inputSchema: z.object({ id: z.string() }),
    execute({ id }) {
      const order = orders.find((candidate) => candidate.id === id)
      if (order === undefined) throw new Error(`no order has the id ${id}`)
      return order
    },
  }),
}
