import type { Example } from '../../../console/src/playground/backend/backend.ts'

/** The programs of the menu "Examples". They call the sample tools. */
export const examples: readonly [Example, ...Example[]] = [
  {
    title: 'Loop over pages',
    teaches: 'A loop reads all pages of a list, and only one line reaches the model.',
    source: `// The model would need one turn for each page. A program needs one for all of them.
let total = 0
let count = 0
let cursor = null
do {
  const page = await tools.orders_list({ cursor })
  for (const order of page.orders) {
    total += order.total
    count++
  }
  cursor = page.nextCursor
} while (cursor !== null)

text(\`\${count} orders, \${total.toFixed(2)} EUR\`)
`,
  },
  {
    title: 'Calls in parallel',
    teaches: 'Independent calls run at the same time. Compare the bars of the calls.',
    source: `const cities = ['Oslo', 'Lima', 'Cairo', 'Hanoi']

// All calls start at once, so this takes as long as the slowest one.
const reports = await Promise.all(cities.map((city) => tools.weather_forecast({ city })))

const warmest = reports.toSorted((a, b) => b.celsius - a.celsius)[0]
text(\`\${warmest.city} is the warmest: \${warmest.celsius} °C, \${warmest.sky}\`)
`,
  },
  {
    title: 'Some calls fail',
    teaches: 'as_settled yields each call when it settles, also one that failed.',
    source: `const calls = new Map([
  ['report', tools.report_create({ title: 'Sales', seconds: 1 })],
  ['price', tools.price_get({ item: 'unknown' })],
  ['weather', tools.weather_forecast({ city: 'Oslo' })],
])

for await (const { index, status, value, reason } of as_settled(calls)) {
  text(status === 'fulfilled' ? { index, value } : \`\${index} failed: \${reason}\`)
}
`,
  },
  {
    title: 'Stored values',
    teaches: 'store and load keep a value for later programs. Run this one twice.',
    source: `const runs = (load('runs') ?? 0) + 1
store('runs', runs)
text(\`Run \${runs} of this program\`)

// The second run needs no call.
const orders = load('orders') ?? (await tools.orders_list({ cursor: null })).orders
store('orders', orders)
text(orders.map(({ id, customer }) => \`\${id} \${customer}\`).join('\\n'))
`,
  },
  {
    title: 'Notify, yield and approve',
    teaches: 'notify sends a text at once, yield_control returns control, and a mail needs your approval.',
    source: `notify('Creating the report')
const report = tools.report_create({ title: 'Orders', seconds: 3 })

text('The report takes a while')
yield_control() // The model gets the output so far, and can wait for more.

const { url } = await report
const sent = await tools.mail_send({ to: 'ada@example.com', subject: 'Your report', body: url })
text(\`Mail \${sent.id} is on its way\`)
`,
  },
]
