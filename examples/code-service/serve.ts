// The service alone. Run: TOKENS=ann=secret1,bo=secret2 npm run serve
import { Quotas } from './quotas.ts'
import { createService } from './service.ts'

const tokens = new Map<string, string>()
for (const entry of (process.env['TOKENS'] ?? '').split(',').filter((text) => text !== '')) {
  const [user = '', token = ''] = entry.split('=')
  if (user === '' || token === '') throw new Error(`expected TOKENS like "ann=secret1,bo=secret2", got "${entry}"`)
  tokens.set(token, user)
}
if (tokens.size === 0) throw new Error('expected the variable TOKENS, such as "ann=secret1,bo=secret2"')

const quotas = new Quotas({ maxRunning: 2, maxPerMinute: 60, maxRunMsPerMinute: 30_000 })
const port = Number(process.env['PORT'] ?? 8080)
createService({ tokens, quotas }).listen(port, '127.0.0.1', () =>
  console.log(`listening on http://127.0.0.1:${port}/run`),
)
