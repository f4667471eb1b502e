// The tools of the example: the orders of a small shop.
import { defineTool, type Tool } from 'codecell'
import { z } from 'zod'

const order = z.object({ id: z.string(), customer: z.string(), price: z.number(), daysLate: z.number() })

const orders: readonly z.infer<typeof order>[] = [
  { id: 'A1', customer: 'Ann', price: 120, daysLate: 0 },
  { id: 'A2', customer: 'Bo', price: 80, daysLate: 3 },
  { id: 'A3', customer: 'Cy', price: 45, daysLate: 0 },
  { id: 'A4', customer: 'Di', price: 60, daysLate: 9 },
]

export const shopTools: readonly Tool[] = [
  defineTool({
    name: 'list_orders',
    description: 'Lists the ids of all orders',
    input: z.object({}),
    output: z.array(z.string()),
    run: () => orders.map(({ id }) => id),
  }),
  defineTool({
    name: 'get_order',
    description: 'Returns an order',
    input: z.object({ id: z.string() }),
    output: order,
    run({ id }) {
      const found = orders.find((candidate) => candidate.id === id)
      if (found === undefined) throw new Error(`no order has the id ${id}`)
      return found
    },
  }),
]
