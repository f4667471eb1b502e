import { connect, performServerHandshake } from 'node:http2'
import { duplexPair, type Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { grpcMessagesIn, protobufPaths } from './grpc-messages.ts'

/** Returns the bytes that a stream receives, so far. */
function recorded(stream: Duplex): () => Buffer {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks)
}

function grpcFrame(text: string): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(text.length, 1)
  return Buffer.concat([head, Buffer.from(text)])
}

test('grpcMessagesIn() returns the messages of a recorded connection with their methods', async () => {
  const [clientEnd, hostEnd] = duplexPair()
  const [client, host] = [recorded(hostEnd), recorded(clientEnd)]
  const server = performServerHandshake(hostEnd)
  server.on('stream', (stream) => {
    stream.resume()
    stream.on('end', () => {
      stream.respond({ ':status': 200 })
      stream.end(Buffer.concat([grpcFrame('reply'), grpcFrame('')]))
    })
  })
  const session = connect('http://host', { createConnection: () => clientEnd })
  for (const path of ['/codex.Host/Open', '/codex.Host/Execute']) {
    const stream = session.request({ ':method': 'POST', ':path': path })
    stream.end(grpcFrame(`request of ${path}`))
    stream.resume()
    await new Promise((resolve) => {
      stream.on('close', resolve)
    })
  }
  session.destroy()
  const messages = await grpcMessagesIn(client(), host())
  expect(messages.map(({ side, method, body }) => [side, method, body.toString()])).toEqual([
    ['client', 'Open', 'request of /codex.Host/Open'],
    ['client', 'Execute', 'request of /codex.Host/Execute'],
    ['host', 'Open', 'reply'],
    ['host', 'Open', ''],
    ['host', 'Execute', 'reply'],
    ['host', 'Execute', ''],
  ])
})

test.each([
  ['', []],
  ['0801', ['.1: varint']],
  ['0896011203616263', ['.1: varint', '.2: bytes']],
  ['1a0408011001', ['.3: message', '.3.1: varint', '.3.2: varint']],
  ['1d00000000', ['.3: fixed32']],
  ['0a0548656c6c', []],
])('protobufPaths() of %s', (hex, paths) => {
  expect([...protobufPaths(Buffer.from(hex, 'hex'))]).toEqual(paths)
})
