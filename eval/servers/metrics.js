import { randomOf } from './lib/random.js'
import { CallError, serve, text, timeOf } from './lib/serve.js'

// Metrics and logs of one day, 2026-03-14. Searches of logs are limited by rate.

const random = randomOf(67)
const day = '2026-03-14'
const services = [
  'auth',
  'cart',
  'catalog',
  'checkout',
  'emails',
  'gateway',
  'images',
  'ledger',
  'payments',
  'search',
  'stock',
  'users',
]
const timeAt = (slot) => new Date(Date.parse(`${day}T00:00:00Z`) + slot * 300_000).toISOString().slice(0, 16) + 'Z'
const series = new Map()
for (const [at, service] of services.entries()) {
  const base = 40 + ((at * 37) % 90)
  series.set(
    `${service}/requests`,
    Array.from({ length: 288 }, () => random.integer(50, 500)),
  )
  series.set(
    `${service}/errors`,
    Array.from({ length: 288 }, () => random.integer(0, 6)),
  )
  series.set(
    `${service}/latency_ms`,
    Array.from({ length: 288 }, () => base + random.integer(0, 60)),
  )
}
// One bad interval of "checkout", and errors of "payments" that begin with a deployment at 14:20.
series.get('checkout/errors')[187] = 61
series.get('checkout/errors')[112] = 58
for (let slot = 172; slot < 288; slot++) series.get('payments/errors')[slot] += 25
// The average of "images" is high because of one hour only.
for (let slot = 100; slot < 112; slot++) series.get('images/latency_ms')[slot] += 1500

const codes = ['card_declined', 'card_expired', 'gateway_timeout', 'limit_exceeded', 'fraud_suspected', 'bad_currency']
const logs = []
for (let at = 0; at < 900; at++) {
  const second = at * 96 + random.integer(0, 90)
  const time = new Date(Date.parse(`${day}T00:00:00Z`) + second * 1000).toISOString().slice(0, 19) + 'Z'
  const service = random.pick(['payments', 'payments', 'checkout', 'ledger'])
  const request = `r-${random.integer(100_000, 999_999)}`
  const isError = random.happens(second > 14 * 3600 + 20 * 60 ? 0.5 : 0.15)
  // The later failures are mostly timeouts.
  const code = second > 14 * 3600 + 20 * 60 && random.happens(0.4) ? 'gateway_timeout' : random.pick(codes)
  logs.push({
    time,
    service,
    level: isError ? 'error' : 'info',
    message: isError
      ? `request=${request} failed code=${code} after ${random.integer(3, 900)}ms`
      : `request=${request} ok`,
  })
}

let searches = 0

serve('metrics', {
  list_services: {
    description: 'Lists the services.',
    output: { services: { type: 'array', items: { type: 'string' } } },
    call: () => ({ services }),
  },
  query_metric: {
    description:
      'Returns the values of a metric on 2026-03-14, one for every 5 minutes: requests, errors or latency_ms.',
    input: { service: text(), metric: text('requests, errors or latency_ms') },
    required: ['service', 'metric'],
    output: {
      points: {
        type: 'array',
        items: { type: 'object', properties: { time: { type: 'string' }, value: { type: 'number' } } },
      },
    },
    call({ service, metric }) {
      const values = series.get(`${service}/${metric}`)
      if (values === undefined) throw new CallError(`unknown series ${service}/${metric}`)
      return { points: values.map((value, slot) => ({ time: timeAt(slot), value })) }
    },
  },
  search_logs: {
    description:
      'Returns lines of the logs of 2026-03-14 by time, 50 at a time. Pass the cursor of one response to get the next lines. Limited by rate: repeat a call that is refused.',
    input: {
      service: text(),
      level: text('info or error'),
      contains: text(),
      from: text('ISO 8601 with zone'),
      to: text('ISO 8601 with zone'),
      cursor: text(),
    },
    call({ service, level, contains = '', from, to, cursor = '0' }) {
      // Every fifth call is refused, so that its repetition succeeds.
      if (++searches % 5 === 0) throw new CallError('429 rate limited: repeat the call')
      const start = from === undefined ? -Infinity : timeOf(from, 'from')
      const end = to === undefined ? Infinity : timeOf(to, 'to')
      const found = logs.filter(
        (line) =>
          (service === undefined || line.service === service) &&
          (level === undefined || line.level === level) &&
          line.message.includes(contains) &&
          Date.parse(line.time) >= start &&
          Date.parse(line.time) <= end,
      )
      const first = Number(cursor)
      if (!Number.isSafeInteger(first) || first < 0) throw new CallError(`unknown cursor ${cursor}`)
      return { lines: found.slice(first, first + 50), cursor: first + 50 < found.length ? String(first + 50) : null }
    },
  },
})
