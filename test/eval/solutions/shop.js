// Solutions of the tasks over the shop. A solution runs as a program of code mode, and as a list of calls in plain mode, so it uses only
// its arguments: `call(tool, input)` returns the result of a tool or rejects, `all(tool, input, name)` returns the items of all pages.

export const shopSolutions = {
  'shop-order-status': {
    right: async (call) => (await call('shop/get_order', { order_id: 1042 })).status,
    wrong: { 'another order': async (call) => (await call('shop/get_order', { order_id: 1057 })).status },
  },
  'shop-customer-email': {
    right: async (call) => (await call('shop/find_customers', { query: 'Nils Petrov' })).customers[0].email,
    wrong: {
      'a customer with the same last name': async (call) =>
        (await call('shop/find_customers', { query: 'Jonas Petrov' })).customers[0].email,
    },
  },
  'shop-paid-february': {
    right: async (call, all) => {
      const input = { status: 'paid', from: '2026-02-01', to: '2026-02-28' }
      const orders = await all('shop/list_orders', input, 'orders')
      return (orders.reduce((sum, order) => sum + order.total_cents, 0) / 100).toFixed(2)
    },
    wrong: {
      'only the first page': async (call) => {
        const input = { status: 'paid', from: '2026-02-01', to: '2026-02-28' }
        const { orders } = await call('shop/list_orders', input)
        return (orders.reduce((sum, order) => sum + order.total_cents, 0) / 100).toFixed(2)
      },
    },
  },
  'shop-best-customer': {
    right: async (call, all) => {
      const orders = await all('shop/list_orders', {}, 'orders')
      const sums = new Map()
      for (const { status, customer_id: id, total_cents: cents } of orders) {
        if (status !== 'cancelled') sums.set(id, (sums.get(id) ?? 0) + cents)
      }
      const [[id]] = [...sums].sort((one, other) => other[1] - one[1])
      return (await call('shop/get_customer', { customer_id: id })).name
    },
    wrong: {
      'the customer with most orders on one page': async (call) => {
        const { orders } = await call('shop/list_orders', {})
        return (await call('shop/get_customer', { customer_id: orders[0].customer_id })).name
      },
    },
  },
  'shop-best-category': {
    right: async (call, all) => {
      const orders = await all('shop/list_orders', { from: '2026-03-02', to: '2026-03-08' }, 'orders')
      const kept = orders.filter(({ status }) => status !== 'cancelled')
      const full = await Promise.all(kept.map(({ id }) => call('shop/get_order', { order_id: id })))
      const products = await all('shop/list_products', {}, 'products')
      const sums = {}
      for (const { sku, quantity, unit_cents: cents } of full.flatMap(({ lines }) => lines)) {
        const { category } = products.find((product) => product.sku === sku)
        sums[category] = (sums[category] ?? 0) + quantity * cents
      }
      return Object.entries(sums).sort((one, other) => other[1] - one[1])[0][0]
    },
    wrong: { 'a guess': async () => 'Office' },
  },
  'shop-restock-toys': {
    right: async (call, all) => {
      const products = await all('shop/list_products', {}, 'products')
      const low = products.filter(({ category, stock }) => category === 'Toys' && stock < 10)
      for (const { sku } of low) await call('shop/set_stock', { sku, stock: 50 })
      return String(low.length)
    },
    wrong: {
      'only the first page': async (call) => {
        const { products } = await call('shop/list_products', {})
        const low = products.filter(({ category, stock }) => category === 'Toys' && stock < 10)
        for (const { sku } of low) await call('shop/set_stock', { sku, stock: 50 })
        return '5'
      },
      'all categories': async (call, all) => {
        const products = await all('shop/list_products', {}, 'products')
        for (const { sku } of products.filter(({ stock }) => stock < 10))
          await call('shop/set_stock', { sku, stock: 50 })
        return '5'
      },
    },
  },
  'shop-refund-once': {
    right: async (call) => {
      const { total_cents: total } = await call('shop/get_order', { order_id: 1203 })
      await call('shop/refund_order', { order_id: 1203, amount_cents: total, reason: 'lost parcel' }).catch(() => null)
      const { refunds } = await call('shop/list_refunds', { order_id: 1203 })
      if (refunds.length === 0) {
        await call('shop/refund_order', { order_id: 1203, amount_cents: total, reason: 'lost parcel' })
      }
      return 'done'
    },
    wrong: {
      'a blind retry': async (call) => {
        const refund = { order_id: 1203, amount_cents: 8398, reason: 'lost parcel' }
        await call('shop/refund_order', refund).catch(() => call('shop/refund_order', refund))
        return 'done'
      },
      'no refund': async () => 'done',
    },
  },
  'shop-cancel-old': {
    right: async (call, all) => {
      const orders = await all('shop/list_orders', { status: 'pending', to: '2026-01-10' }, 'orders')
      const refused = []
      for (const { id } of orders) await call('shop/cancel_order', { order_id: id }).catch(() => refused.push(id))
      return refused.join(', ')
    },
    wrong: {
      'nothing cancelled': async (call, all) => {
        const orders = await all('shop/list_orders', { status: 'pending', to: '2026-01-10' }, 'orders')
        return orders
          .filter(({ id }) => id % 3 === 0)
          .map(({ id }) => id)
          .join(', ')
      },
      'refusals not reported': async (call, all) => {
        const orders = await all('shop/list_orders', { status: 'pending', to: '2026-01-10' }, 'orders')
        for (const { id } of orders) await call('shop/cancel_order', { order_id: id }).catch(() => null)
        return 'none'
      },
    },
  },
}
