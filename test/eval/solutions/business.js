// See shop.js.

export const businessSolutions = {
  'crm-company-phone': {
    right: async (call) => {
      const { companies } = await call('crm/search_companies', { name: 'Northwind' })
      const { id } = companies.find(({ name }) => name === 'Northwind Logistics')
      return (await call('crm/get_company', { id })).phone
    },
    wrong: {
      'the first company of that name': async (call) => {
        const { companies } = await call('crm/search_companies', { name: 'Northwind' })
        return (await call('crm/get_company', { id: companies[0].id })).phone
      },
    },
  },
  'crm-pipeline-now': {
    right: async (call, all) => {
      const deals = await all('crm/list_deals', { stage: 'negotiation' }, 'deals')
      return String(deals.reduce((sum, { amount }) => sum + amount, 0))
    },
    wrong: {
      'the cached sum': async (call) => String((await call('crm/pipeline_total', { stage: 'negotiation' })).sum),
      'only the first page': async (call) => {
        const { deals } = await call('crm/list_deals', { stage: 'negotiation' })
        return String(deals.reduce((sum, { amount }) => sum + amount, 0))
      },
    },
  },
  'crm-stalled-proposals': {
    right: async (call, all) => {
      const deals = await all('crm/list_deals', { stage: 'proposal' }, 'deals')
      const full = await Promise.all(deals.map(({ id }) => call('crm/get_deal', { id })))
      const stalled = full.filter(({ last_activity: date }) => date < '2025-12-01')
      for (const { id } of stalled) await call('crm/set_stage', { id, stage: 'stalled' })
      return String(stalled.length)
    },
    wrong: {
      'pages while it changes the list': async (call) => {
        let moved = 0
        let page = 1
        while (page !== null) {
          const { deals, next_page: next } = await call('crm/list_deals', { stage: 'proposal', page })
          for (const { id } of deals) {
            const { last_activity: date } = await call('crm/get_deal', { id })
            if (date >= '2025-12-01') continue
            await call('crm/set_stage', { id, stage: 'stalled' })
            moved++
          }
          page = next
        }
        return String(moved)
      },
      'all proposals': async (call, all) => {
        const deals = await all('crm/list_deals', { stage: 'proposal' }, 'deals')
        for (const { id } of deals) await call('crm/set_stage', { id, stage: 'stalled' })
        return String(deals.length)
      },
    },
  },
  'join-delayed-orders': {
    right: async (call, all) => {
      const orders = await all('shop/list_orders', { status: 'packed', to: '2025-12-31' }, 'orders')
      const customers = new Map()
      for (const { customer_id: id } of orders) customers.set(id, await call('shop/get_customer', { customer_id: id }))
      for (const { id, customer_id: customer } of orders) {
        const { email } = customers.get(customer)
        await call('mail/send_message', {
          to: email,
          subject: `Order ${id} is delayed`,
          body: 'Your order will arrive later.',
        })
      }
      return String(orders.length)
    },
    wrong: {
      'sends each mail twice': async (call, all) => {
        const orders = await all('shop/list_orders', { status: 'packed', to: '2025-12-31' }, 'orders')
        for (const { id, customer_id: customer } of [...orders, ...orders]) {
          const { email } = await call('shop/get_customer', { customer_id: customer })
          await call('mail/send_message', {
            to: email,
            subject: `Order ${id} is delayed`,
            body: 'Your order will arrive later.',
          })
        }
        return String(orders.length)
      },
    },
  },
  'join-deploy-errors': {
    right: async (call) => {
      const { deployments } = await call('builds/list_deployments', { date: '2026-03-14' })
      const found = []
      for (const { service, time, version } of deployments) {
        const { points } = await call('metrics/query_metric', { service, metric: 'errors' })
        const mean = (some) => some.reduce((sum, { value }) => sum + value, 0) / some.length
        const hour = (point) => Math.abs(Date.parse(point.time) - Date.parse(time)) <= 1_800_000
        const before = mean(points.filter((point) => hour(point) && point.time < time))
        const after = mean(points.filter((point) => hour(point) && point.time >= time))
        found.push([version, after - before])
      }
      return found.sort((one, other) => other[1] - one[1])[0][0]
    },
    wrong: { 'the last deployment of the service': async () => 'c41fe09-config' },
  },
  'join-low-stock-ticket': {
    right: async (call, all) => {
      const orders = await all('shop/list_orders', { status: 'pending' }, 'orders')
      const full = await Promise.all(orders.map(({ id }) => call('shop/get_order', { order_id: id })))
      const wanted = {}
      for (const { sku, quantity } of full.flatMap(({ lines }) => lines)) wanted[sku] = (wanted[sku] ?? 0) + quantity
      const products = await all('shop/list_products', {}, 'products')
      const short = products.filter(({ sku, stock }) => (wanted[sku] ?? 0) > stock).map(({ sku }) => sku)
      await call('tickets/add_comment', { id: 'WEB-400', text: `Short: ${short.join(', ')}` })
      return short.join(', ')
    },
    wrong: {
      'compares single orders': async (call, all) => {
        const products = await all('shop/list_products', {}, 'products')
        const short = products.filter(({ stock }) => stock < 5).map(({ sku }) => sku)
        return short.join(', ')
      },
    },
  },
}
