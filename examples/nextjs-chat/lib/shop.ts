// The tools of the chat: the orders of a small shop. Programs call them; a refund needs the user's approval.
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
    description: 'Lists all orders with their prices and delays',
    inputSchema: z.object({}),
    execute: () => orders,
  }),
  refund: tool({
    description: 'Refunds an amount to the customer of an order',
    inputSchema: z.object({ order: z.string(), amount: z.number().positive() }),
    needsApproval: true,
    execute: ({ order, amount }) => `refunded ${amount} for ${order}`,
  }),
}
