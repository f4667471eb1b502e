// A local model API: it returns its responses in order and records the requests.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

export type ModelServer = AsyncDisposable & { readonly url: string; readonly requests: readonly string[] }

export async function startModelServer(responses: readonly object[]): Promise<ModelServer> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    void text(request).then((sent) => {
      requests.push(sent)
      const body = responses[requests.length - 1]
      response.writeHead(body === undefined ? 500 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body ?? { error: { message: 'the scripted model has no further response' } }))
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
