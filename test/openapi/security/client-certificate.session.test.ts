import type { ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { once } from 'node:events'
import type { TLSSocket } from 'node:tls'
import { buffer } from 'node:stream/consumers'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { openApiTools, type OpenApiAuth } from '../../../src/openapi.ts'
import { documentWith } from '../../fixtures/api-with-security.ts'
import { callContext } from '../../fixtures/call-context.ts'
import { makeCertificates, type Certificates } from '../../fixtures/certificates.ts'
import { newFolder } from '../../support/folder.ts'

const schemes = { tls: { type: 'mutualTLS' } }

type Seen = { readonly client: string | undefined; readonly contentType: string | undefined; readonly body: string }

/** Starts a server that accepts only clients with a certificate of the authority. */
async function startServer(
  { ca, serverKey: key, serverCert: cert }: Certificates,
  respond = (response: ServerResponse): unknown =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('"taken"'),
): Promise<{ url: string; seen: Seen[] } & AsyncDisposable> {
  const seen: Seen[] = []
  const server = createServer({ ca, key, cert, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    void buffer(request).then((body) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the socket of a server for HTTPS
      const { subject } = (request.socket as TLSSocket).getPeerCertificate()
      const client = typeof subject.CN === 'string' ? subject.CN : undefined
      seen.push({ client, contentType: request.headers['content-type'], body: body.toString() })
      respond(response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `https://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('a client certificate', () => {
  test('is presented to the server', async () => {
    const certificates = makeCertificates(newFolder())
    await using server = await startServer(certificates)
    const { certFile, keyFile, caFile } = certificates
    const auth: OpenApiAuth = { tls: { certFile, keyFile, caFile } }
    const [read, write] = openApiTools(documentWith(schemes, [{ tls: [] }], { url: server.url }), { auth })
    expect(await read?.call({}, callContext())).toBe('taken')
    expect(await write?.call({}, callContext())).toBe('taken')
    expect(server.seen.map(({ client }) => client)).toEqual(['client', 'client'])
  })

  test.each<[what: string, headers: object, body: Buffer, expected: unknown]>([
    ['a compressed response', { 'content-encoding': 'gzip' }, gzipSync('"taken"'), { value: 'taken' }],
    ['a broken compression', { 'content-encoding': 'gzip' }, Buffer.from('"taken"'), { code: 'TOOL_OUTCOME_UNKNOWN' }],
    ['an unknown coding', { 'content-encoding': 'x' }, Buffer.from('"taken"'), { code: 'TOOL_OUTCOME_UNKNOWN' }],
    ['a status without a body', { ':status': 204 }, Buffer.alloc(0), { value: null }],
    [
      'a redirect to another origin',
      { ':status': 307, location: 'https://a.test' },
      Buffer.from('x'),
      { code: 'TOOL_FAILED' },
    ],
    ['a response that is cut', { 'content-length': 100 }, Buffer.from('"taken"'), { code: 'TOOL_OUTCOME_UNKNOWN' }],
  ])('is presented to a server with %s to a write', async (_, given, body, expected) => {
    const certificates = makeCertificates(newFolder())
    const { ':status': status = 200, ...headers } = Object(given)
    await using server = await startServer(certificates, (response) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      if ('content-length' in headers) response.write(body, () => response.socket?.destroy())
      else response.end(body)
    })
    const { certFile, keyFile, caFile } = certificates
    const tools = openApiTools(documentWith(schemes, [{ tls: [] }], { url: server.url }), {
      auth: { tls: { certFile, keyFile, caFile } },
    })
    const called = async (): Promise<unknown> => ({ value: await tools[1]?.call({}, callContext()) })
    expect(await called().catch((error: unknown) => error)).toMatchObject(Object(expected))
    expect(server.seen.map(({ client }) => client)).toEqual(['client'])
  })

  test('is presented with a form that has a file', async () => {
    const certificates = makeCertificates(newFolder())
    await using server = await startServer(certificates)
    const { certFile, keyFile, caFile } = certificates
    const schema = { type: 'object', properties: { file: { type: 'string', format: 'binary' } } }
    const upload = {
      operationId: 'upload',
      security: [{ tls: [] }],
      requestBody: { content: { 'multipart/form-data': { schema } } },
    }
    const document = { ...documentWith(schemes, [], { url: server.url }), paths: { '/upload': { post: upload } } }
    const [tool] = openApiTools(document, { auth: { tls: { certFile, keyFile, caFile } } })
    await tool?.call({ body: { file: Buffer.from('PNG!').toString('base64') } }, callContext())
    expect(server.seen[0]?.contentType).toMatch(/^multipart\/form-data; boundary=/)
    expect(server.seen[0]?.body).toContain('PNG!')
  })

  test('is not presented by an operation without the scheme, whose call the server refuses', async () => {
    const certificates = makeCertificates(newFolder())
    await using server = await startServer(certificates)
    const { certFile, keyFile, caFile } = certificates
    const [read] = openApiTools(documentWith(schemes, [], { url: server.url }), {
      auth: { tls: { certFile, keyFile, caFile } },
    })
    await expect(read?.call({}, callContext())).rejects.toMatchObject({ code: 'TOOL_FAILED' })
    expect(server.seen).toEqual([])
  })

  test.each([
    ['a missing file', { certFile: 'missing.pem', keyFile: 'missing.key' }, 'cannot read "missing.pem"'],
    ['a missing key', { certFile: 'missing.pem' }, '"keyFile" is missing'],
  ])('with %s is refused', (_name, tls, reason) => {
    // @ts-expect-error -- callers in JavaScript can pass any value
    expect(() => openApiTools(documentWith(schemes, []), { auth: { tls } })).toThrow(reason)
  })

  test('with a file that is not a certificate is refused', () => {
    const folder = newFolder()
    const [certFile, keyFile] = [join(folder, 'a.pem'), join(folder, 'a.key')]
    for (const file of [certFile, keyFile]) writeFileSync(file, 'not a certificate')
    expect(() => openApiTools(documentWith(schemes, []), { auth: { tls: { certFile, keyFile } } })).toThrow(
      'cannot be used',
    )
  })

  test('cannot be used with an own fetch', () => {
    const { certFile, keyFile } = makeCertificates(newFolder())
    const options = { auth: { tls: { certFile, keyFile } }, fetch: globalThis.fetch }
    expect(() => openApiTools(documentWith(schemes, []), options)).toThrow('cannot be used with "fetch"')
  })
})
