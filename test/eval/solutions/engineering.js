// See shop.js.

export const engineeringSolutions = {
  'tickets-stale-bugs': {
    right: async (call, all) => {
      const bugs = await all('tickets/list_tickets', { state: 'open', type: 'bug' }, 'tickets')
      return String(bugs.filter(({ updated }) => updated < '2026-01-01').length)
    },
    wrong: {
      'all open bugs': async (call, all) =>
        String((await all('tickets/list_tickets', { state: 'open', type: 'bug' }, 'tickets')).length),
      'only the first page': async (call) => {
        const { tickets } = await call('tickets/list_tickets', { state: 'open', type: 'bug' })
        return String(tickets.filter(({ updated }) => updated < '2026-01-01').length)
      },
    },
  },
  'tickets-duplicates': {
    right: async (call, all) => {
      const open = await all('tickets/list_tickets', { state: 'open' }, 'tickets')
      const closed = []
      for (const ticket of open) {
        const original = open.find(
          ({ title, id, created }) =>
            title.toLowerCase() === ticket.title.toLowerCase() && id !== ticket.id && created < ticket.created,
        )
        if (original === undefined) continue
        await call('tickets/add_comment', { id: ticket.id, text: `Duplicate of ${original.id}` })
        await call('tickets/set_state', { id: ticket.id, state: 'closed' })
        closed.push(ticket.id)
      }
      return closed.join(', ')
    },
    wrong: {
      'closes the older ones': async (call, all) => {
        const open = await all('tickets/list_tickets', { state: 'open' }, 'tickets')
        const closed = []
        for (const ticket of open) {
          const other = open.find(
            ({ title, id, created }) =>
              title.toLowerCase() === ticket.title.toLowerCase() && id !== ticket.id && created > ticket.created,
          )
          if (other === undefined) continue
          await call('tickets/add_comment', { id: ticket.id, text: `Duplicate of ${other.id}` })
          await call('tickets/set_state', { id: ticket.id, state: 'closed' })
          closed.push(ticket.id)
        }
        return closed.join(', ')
      },
      'without comments': async (call, all) => {
        const open = await all('tickets/list_tickets', { state: 'open' }, 'tickets')
        const newer = open.filter(({ title, created }) => title === title.toUpperCase() && created === '2026-03-10')
        for (const { id } of newer) await call('tickets/set_state', { id, state: 'closed' })
        return newer.map(({ id }) => id).join(', ')
      },
    },
  },
  'tickets-assign-ambiguous': {
    right: async (call) => {
      const { users } = await call('tickets/find_users', { name: 'Alex Kim' })
      const full = await Promise.all(users.map(({ id }) => call('tickets/get_user', { id })))
      const { id } = full.find(({ team }) => team === 'Payments')
      await call('tickets/assign', { id: 'WEB-402', user: id })
      return id
    },
    wrong: {
      'the first of that name': async (call) => {
        const { users } = await call('tickets/find_users', { name: 'Alex Kim' })
        const { id } = users[0]
        await call('tickets/assign', { id: 'WEB-402', user: id })
        return id
      },
    },
  },
  'tickets-top-commenter': {
    right: async (call, all) => {
      const open = await all('tickets/list_tickets', { project: 'APP', state: 'open' }, 'tickets')
      const full = await Promise.all(open.map(({ id }) => call('tickets/get_ticket', { id })))
      const counts = {}
      for (const { author } of full.flatMap(({ comments }) => comments)) counts[author] = (counts[author] ?? 0) + 1
      return Object.entries(counts)
        .sort((one, other) => other[1] - one[1])[0]
        .join(', ')
    },
    wrong: {
      'only one ticket': async (call) => {
        const { tickets } = await call('tickets/list_tickets', { project: 'APP', state: 'open' })
        const { comments } = await call('tickets/get_ticket', { id: tickets[0].id })
        return `u11, ${comments.length}`
      },
    },
  },
  'metrics-error-peak': {
    right: async (call) => {
      const { points } = await call('metrics/query_metric', { service: 'checkout', metric: 'errors' })
      return points.reduce((most, point) => (point.value > most.value ? point : most)).time.slice(11, 16)
    },
    wrong: { 'the second peak': async () => '09:20' },
  },
  'metrics-slowest-median': {
    right: async (call) => {
      const { services } = await call('metrics/list_services', {})
      const all = await Promise.all(
        services.map((service) => call('metrics/query_metric', { service, metric: 'latency_ms' })),
      )
      const medians = all.map(({ points }) => {
        const values = points.map(({ value }) => value).sort((one, other) => one - other)
        return (values[143] + values[144]) / 2
      })
      return services[medians.indexOf(Math.max(...medians))]
    },
    wrong: {
      'the highest average': async (call) => {
        const { services } = await call('metrics/list_services', {})
        const all = await Promise.all(
          services.map((service) => call('metrics/query_metric', { service, metric: 'latency_ms' })),
        )
        const sums = all.map(({ points }) => points.reduce((sum, { value }) => sum + value, 0))
        return services[sums.indexOf(Math.max(...sums))]
      },
    },
  },
  'metrics-top-code': {
    right: async (call) => {
      const counts = {}
      let cursor = '0'
      while (cursor !== null) {
        const page = await call('metrics/search_logs', { service: 'payments', level: 'error', cursor }).catch(
          () => null,
        )
        if (page === null) continue
        for (const { message } of page.lines) {
          const [, code] = /code=(\w+)/.exec(message)
          counts[code] = (counts[code] ?? 0) + 1
        }
        cursor = page.cursor
      }
      return Object.entries(counts)
        .sort((one, other) => other[1] - one[1])[0]
        .join(', ')
    },
    wrong: {
      'only the first page': async (call) => {
        const { lines } = await call('metrics/search_logs', { service: 'payments', level: 'error' })
        return `gateway_timeout, ${lines.filter(({ message }) => message.includes('gateway_timeout')).length}`
      },
    },
  },
  'metrics-first-failure': {
    right: async (call) => {
      const { lines } = await call('metrics/search_logs', {
        service: 'payments',
        level: 'error',
        contains: 'code=fraud_suspected',
        from: '2026-03-14T14:20:00Z',
      })
      return /request=(\S+)/.exec(lines[0].message)[1]
    },
    wrong: {
      'the first of the day': async (call) => {
        const { lines } = await call('metrics/search_logs', {
          service: 'payments',
          level: 'error',
          contains: 'code=fraud_suspected',
        })
        return /request=(\S+)/.exec(lines[0].message)[1]
      },
    },
  },
  'builds-wait-for-run': {
    right: async (call) => {
      const { id } = await call('builds/start_run', { pipeline: 'docs', commit: 'f00dcafe' })
      for (let poll = 0; poll < 20; poll++) {
        const { status, artifact } = await call('builds/get_run', { id })
        if (status === 'passed') return artifact
      }
      return 'none'
    },
    wrong: {
      'does not wait': async (call) => {
        const { id } = await call('builds/start_run', { pipeline: 'docs', commit: 'f00dcafe' })
        return `docs-${id}.tgz`
      },
      'starts two runs': async (call) => {
        await call('builds/start_run', { pipeline: 'docs', commit: 'f00dcafe' })
        const { id } = await call('builds/start_run', { pipeline: 'docs', commit: 'f00dcafe' })
        for (let poll = 0; poll < 20; poll++) {
          const { status, artifact } = await call('builds/get_run', { id })
          if (status === 'passed') return artifact
        }
        return 'none'
      },
    },
  },
  'builds-flaky-test': {
    right: async (call, all) => {
      const runs = (await all('builds/list_runs', { pipeline: 'web' }, 'runs')).slice(0, 20)
      const logs = await Promise.all(runs.map(({ id }) => call('builds/get_log', { id })))
      const counts = {}
      for (const [, name] of logs.flatMap(({ log }) => [...log.matchAll(/^not ok - (.*)$/gm)]))
        counts[name] = (counts[name] ?? 0) + 1
      return Object.entries(counts)
        .sort((one, other) => other[1] - one[1])[0]
        .join(', ')
    },
    wrong: {
      'only one log': async (call) => {
        const { runs } = await call('builds/list_runs', { pipeline: 'web' })
        await call('builds/get_log', { id: runs[0].id })
        return 'sync retries, 1'
      },
    },
  },
}
