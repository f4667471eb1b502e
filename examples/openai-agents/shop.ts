// The tools of the example: the orders of a small shop. A refund needs an approval.
import { tool } from '@openai/agents'
import { z } from 'zod'

const orders = [
  { id: 'A1', customer: 'Ann', price: 120, daysLate: 0 },
  { id: 'A2', customer: 'Bo', price: 80, daysLate: 3 },
  { id: 'A3', customer: 'Cy', price: 45, daysLate: 0 },
  { id: 'A4', customer: 'Di', price: 60, daysLate: 9 },
]

const listOrders = tool({
  name: 'list_orders',
  description: 'Lists all orders with their prices and delays (daysLate)',
  parameters: z.object({}),
  execute: () => orders,
})

const refund = tool({
  name: 'refund',
  description: 'Refunds an amount to the customer of an order',
  parameters: z.object({ order: z.string(), amount: z.number() }),
  needsApproval: true,
  execute: ({ order, amount }) => `refunded ${amount} for ${order}`,
})

export const shopTools = [listOrders, refund]
