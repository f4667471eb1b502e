// A bank outside of the worker: it records each request, and recognizes a repeated payment by its idempotency key.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

export type Bank = AsyncDisposable & { readonly url: string; readonly payments: string[]; readonly letters: string[] }

/** Starts the bank. It calls `onRecorded` after an entry was recorded, and before it responds. */
export async function startBank(onRecorded: (entry: string) => void): Promise<Bank> {
  const [payments, letters, keys]: [string[], string[], Set<string>] = [[], [], new Set()]
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { person }: { person: string } = JSON.parse(body)
      const isPayment = request.url === '/payments'
      const key = String(request.headers['idempotency-key'])
      if (isPayment && keys.has(key)) return response.end(`${person} is paid (the bank knew the key)`)
      keys.add(key)
      ;(isPayment ? payments : letters).push(person)
      onRecorded(`${isPayment ? 'payment' : 'letter'} ${person}`)
      return response.end(isPayment ? `${person} is paid` : `letter to ${person} is sent`)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot start the bank: no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    payments,
    letters,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}
