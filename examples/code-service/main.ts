// Starts the service, and uses it as two users do: with good programs, with hostile ones, and too often. Run: npm start
import { once } from 'node:events'
import { Quotas } from './quotas.ts'
import { createService } from './service.ts'

const tokens = new Map([
  ['secret-of-ann', 'ann'],
  ['secret-of-bo', 'bo'],
])
const quotas = new Quotas({ maxRunning: 2, maxPerMinute: 8, maxRunMsPerMinute: 60_000 })
await using service = createService({ tokens, quotas })
await once(service.listen(0, '127.0.0.1'), 'listening')
const address = service.address()
if (address === null || typeof address === 'string') throw new Error('Cannot start the service: no port')
const url = `http://127.0.0.1:${address.port}/run`

async function run(user: string, source: string): Promise<string> {
  const headers = { authorization: `Bearer secret-of-${user}` }
  const response = await fetch(url, { method: 'POST', headers, body: source })
  return `${response.status} ${(await response.text()).slice(0, 120)}`
}

async function show(title: string, user: string, source: string): Promise<void> {
  console.log(`${title}: ${await run(user, source)}`)
}

await show('a program', 'ann', 'text(Array.from({ length: 5 }, (_, n) => n * n))')
await show('a mistake', 'ann', 'text(undefinedName)')
await show('an endless loop', 'ann', 'for (;;) {}')
await show('too much memory', 'ann', 'const all = []; for (;;) all.push(new Array(100000).fill(7))')
await show('too much output', 'ann', "for (;;) text('spam '.repeat(1000))")
await show('an escape', 'ann', 'text([typeof process, typeof require, typeof fetch])')
await show('an unknown token', 'eve', 'text(1)')

// Bo runs three programs at the same time, which is one too many. Ann is not affected.
const slow = 'await new Promise((done) => setTimeout(done, 1000)); text("slow")'
const replies = Promise.all([run('bo', slow), run('bo', slow), run('bo', slow)])
await show('another user', 'ann', 'text("not affected")')
console.log(`three at once:\n  ${(await replies).sort().join('\n  ')}`)

await show('the last one', 'ann', 'text("fine")')
await show('one too many', 'ann', 'text("not run")')
