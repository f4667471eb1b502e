import { performServerHandshake } from 'node:http2'
import { Duplex } from 'node:stream'

/** A message of a gRPC call, with the last part of the path of the call. */
export type GrpcMessage = { readonly side: 'client' | 'host'; readonly method: string; readonly body: Buffer }

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const dataFrame = 0
const paddedFlag = 8
const wireTypes = ['varint', 'fixed64', 'bytes', 'group', 'group', 'fixed32']

/** Returns the messages in the bytes of both directions of an HTTP/2 connection without compressed messages. */
export async function grpcMessagesIn(client: Buffer, host: Buffer): Promise<readonly GrpcMessage[]> {
  const paths = await pathsIn(client)
  const start = client.subarray(0, preface.length).equals(preface) ? preface.length : 0
  const streams = [
    ...[...dataIn(client.subarray(start))].map(([id, data]) => ({ side: 'client' as const, id, data })),
    ...[...dataIn(host)].map(([id, data]) => ({ side: 'host' as const, id, data })),
  ]
  return streams.flatMap(({ side, id, data }) => {
    const method = paths.get(id)?.split('/').at(-1) ?? `stream ${id}`
    return messagesIn(data).map((body) => ({ side, method, body }))
  })
}

/** Returns the path of each stream. A server session decodes the compressed headers of the recorded client. */
async function pathsIn(client: Buffer): Promise<ReadonlyMap<number, string>> {
  const paths = new Map<number, string>()
  const connection = new Duplex({
    read() {
      this.push(client)
      this.push(null)
    },
    write: (_chunk, _encoding, done) => done(),
  })
  const session = performServerHandshake(connection)
  session.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    if (stream.id !== undefined) paths.set(stream.id, String(headers[':path']))
  })
  session.on('error', () => undefined)
  await new Promise<void>((resolve) => {
    session.on('close', resolve)
    connection.on('close', resolve)
  })
  return paths
}

/** Returns the data of each stream. A frame has a head of 9 bytes: length, type, flags, stream. */
function dataIn(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const streams = new Map<number, Buffer>()
  let at = 0
  while (at + 9 <= bytes.length) {
    const end = at + 9 + bytes.readUIntBE(at, 3)
    if (bytes[at + 3] === dataFrame) {
      const id = bytes.readUInt32BE(at + 5) & 0x7f_ff_ff_ff
      const isPadded = (Number(bytes[at + 4]) & paddedFlag) !== 0
      const padding = isPadded ? Number(bytes[at + 9]) : 0
      const data = bytes.subarray(at + (isPadded ? 10 : 9), end - padding)
      streams.set(id, Buffer.concat([streams.get(id) ?? Buffer.alloc(0), data]))
    }
    at = end
  }
  return streams
}

/** Returns the messages of a stream: a byte for compression, a length of four bytes, the body. */
function messagesIn(data: Buffer): readonly Buffer[] {
  const messages: Buffer[] = []
  let at = 0
  while (at + 5 <= data.length) {
    const end = at + 5 + data.readUInt32BE(at + 1)
    if (end > data.length) break
    messages.push(data.subarray(at + 5, end))
    at = end
  }
  return messages
}

/**
 * Returns the paths of the fields of a protobuf message with their wire types, such as `.3.1: varint`. Bytes that are
 * not a string count as a message if they can be one.
 */
export function protobufPaths(body: Buffer, path = ''): ReadonlySet<string> {
  const fields = protobufFields(body) ?? []
  return new Set(
    fields.flatMap(({ field, type, bytes }) => {
      const own = `${path}.${field}`
      const isMessage = bytes !== null && bytes.length > 0 && !isString(bytes) && protobufFields(bytes) !== null
      return isMessage ? [`${own}: message`, ...protobufPaths(bytes, own)] : [`${own}: ${type}`]
    }),
  )
}

type ProtobufField = { readonly field: number; readonly type: string; readonly bytes: Buffer | null }

/** Returns the fields of a protobuf message, or null if the bytes are not one. */
function protobufFields(body: Buffer): readonly ProtobufField[] | null {
  const fields: ProtobufField[] = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; at < body.length; scale *= 128) {
      const byte = Number(body[at++])
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    return Number.NaN
  }
  while (at < body.length) {
    const tag = varint()
    const [field, wire] = [Math.floor(tag / 8), tag % 8]
    const type = wireTypes[wire]
    if (!(field >= 1) || type === undefined || type === 'group') return null
    const size = type === 'varint' ? (varint(), 0) : type === 'fixed64' ? 8 : type === 'fixed32' ? 4 : varint()
    if (!(at + size <= body.length)) return null
    fields.push({ field, type, bytes: type === 'bytes' ? body.subarray(at, at + size) : null })
    at += size
  }
  return fields
}

function isString(bytes: Buffer): boolean {
  const text = bytes.toString()
  return !text.startsWith('\n') && !/[\p{Cc}\uFFFD]/u.test(text.replaceAll(/[\n\r\t]/g, ''))
}
