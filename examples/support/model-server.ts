// A stand-in for a model's API on this machine: it gives its answers one after the other and keeps what it was asked.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

export type ModelServer = AsyncDisposable & { readonly url: string; readonly requests: readonly string[] }

export async function startModelServer(answers: readonly object[]): Promise<ModelServer> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      requests.push(body)
      const answer = answers[requests.length - 1]
      response.writeHead(answer === undefined ? 500 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer ?? { error: { message: 'the script of the model is over' } }))
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
