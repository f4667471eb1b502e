// The API of the example: the server that library.yaml describes.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

type Book = { readonly id: number; readonly title: string; readonly author: string; reader?: string }

/** Starts the API, which accepts requests with the bearer token only. */
export async function startLibrary(token: string): Promise<AsyncDisposable & { readonly url: string }> {
  const books: readonly Book[] = [
    { id: 1, title: 'Emma', author: 'Austen' },
    { id: 2, title: 'Persuasion', author: 'Austen', reader: 'Ann' },
    { id: 3, title: 'Middlemarch', author: 'Eliot' },
  ]
  const server = createServer((request, response) => {
    if (request.headers.authorization !== `Bearer ${token}`) return reply(response, 401, { error: 'unknown token' })
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://library')
    const author = searchParams.get('author')
    if (pathname === '/books')
      return reply(
        response,
        200,
        books.filter((book) => author === null || book.author === author),
      )
    const book = books.find(({ id }) => pathname === `/books/${id}/loan`)
    if (book === undefined) return reply(response, 404, { error: 'unknown book' })
    if (book.reader !== undefined) return reply(response, 409, { error: `${book.reader} has this book` })
    return void text(request).then((body) => {
      book.reader = String(JSON.parse(body).reader)
      reply(response, 200, book)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot start the library: no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
