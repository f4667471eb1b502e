import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

/** A server of one tool, `step`, which must not be repeated. It counts the calls by their key. */
export class ToolServer implements AsyncDisposable {
  readonly calls: Map<string, number> = new Map()
  readonly #server = createServer((request, response) => {
    const key = new URL(request.url ?? '', 'http://tools').searchParams.get('key') ?? ''
    this.calls.set(key, (this.calls.get(key) ?? 0) + 1)
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
  })

  static async start(address: string): Promise<ToolServer> {
    const tools = new ToolServer()
    await once(tools.#server.listen(9000, address), 'listening')
    return tools
  }

  /** Writes the OpenAPI document of the tool. */
  writeDocument(path: string): void {
    const key = { name: 'key', in: 'query', required: true, schema: { type: 'string' } }
    const paths = { '/step': { post: { operationId: 'step', parameters: [key], responses: {} } } }
    const servers = [{ url: 'http://tools:9000' }]
    writeFileSync(path, JSON.stringify({ openapi: '3.1.0', info: { title: 'api', version: '1' }, servers, paths }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
