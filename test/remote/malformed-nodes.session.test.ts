import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSession, remoteHosts, type HostPool, type Session } from '../../src/index.ts'
import { encodeFrames, encodeLinkFrame } from '../../src/protocol/frame.ts'
import { HostBuilds } from '../../src/remote/supervisor/host-builds.ts'
import { Supervisor } from '../../src/remote/supervisor/supervisor.ts'
import { Certificates, type Pem } from '../support/links/certificates.ts'
import { textsOf } from '../support/texts.ts'
import { hello, isType, RawNode } from './raw-node.ts'

const limits = { memoryMb: 512, strictOnly: false, processBytes: Infinity, helloMs: 60_000, deadManMs: 60_000 }

let pem: Pem
let supervisor: Supervisor
let builds: HostBuilds
let hosts: HostPool
let session: Session
let certificates: Certificates

beforeAll(async () => {
  certificates = new Certificates()
  pem = certificates.make()
  const slots = { slots: 4, tenantSlots: 4 }
  builds = await HostBuilds.read([])
  supervisor = await Supervisor.listen({
    host: '127.0.0.1',
    port: 0,
    tls: pem,
    ...slots,
    builds,
    limits,
    onProblem: () => undefined,
  })
  hosts = remoteHosts({ addresses: [supervisor.address], tls: pem, size: 1, warmIsolates: 1 })
  session = await createSession({ hosts })
})

afterAll(async () => {
  await session.close()
  await hosts[Symbol.asyncDispose]()
  await supervisor[Symbol.asyncDispose]()
  certificates[Symbol.dispose]()
})

/** Tests that the link of a good node works. */
async function expectGoodNode(): Promise<void> {
  expect(textsOf(await session.execute('text("works")', { yieldTimeMs: 300_000 }))).toEqual(['works'])
  expect([supervisor.used, hosts.failedStarts]).toEqual([1, []])
}

function framed(length: number, kind: number, content = ''): Buffer {
  const bytes = Buffer.alloc(5 + content.length)
  bytes.writeUInt32LE(length, 0)
  bytes.writeUInt8(kind, 4)
  bytes.write(content, 5)
  return bytes
}

const helloText = JSON.stringify(hello)
const noHello = 'expected the message "hello" first'
const [hostFrame = Buffer.alloc(0)] = encodeFrames([{ type: 'ping', id: 1 }])
const changed = (fields: object): Buffer => encodeLinkFrame({ ...hello, ...fields })

const malformed: readonly (readonly [what: string, bytes: Buffer | string, reason: string | RegExp])[] = [
  ['a request of HTTP', 'GET / HTTP/1.1\r\n\r\n', /a frame of \d+ bytes/],
  ['an empty frame', framed(0, 2), 'a frame of 0 bytes'],
  ['a frame that is too large', framed(0x7fff_ffff, 0), 'a frame of 2147483647 bytes'],
  ['a link message that is too large', framed(0x0010_0000, 2), 'a link message of 1048576 bytes'],
  ['an unknown kind of frame', framed(5, 7, 'abcd'), 'unknown frame kind 7'],
  ['messages of a session before hello', hostFrame, noHello],
  ['a link message that is not JSON', framed(5, 2, '{{{{'), /JSON/],
  ['a link message without content', framed(1, 2), /JSON/],
  ['an array', encodeLinkFrame([hello]), 'a message is not an object'],
  ['null', framed(5, 2, 'null'), 'a message is not an object'],
  ['alive before hello', encodeLinkFrame({ type: 'alive' }), noHello],
  ['an unknown type', encodeLinkFrame({ type: 'resume' }), noHello],
  ['an older protocol version', changed({ protocol: 0, oldest: 0 }), 'expected a protocol version from 1 to 2, got 0'],
  [
    'a newer protocol version with other fields',
    encodeLinkFrame({ type: 'hello', protocol: 4, oldest: 3 }),
    'expected a protocol version from 1 to 2, got 3 to 4',
  ],
  ['a protocol version that is a string', changed({ protocol: '1' }), '"protocol" is not a number'],
  ['hello without a tenant', changed({ tenant: undefined }), '"tenant" is not a string'],
  ['a tenant with a path', changed({ tenant: '../a' }), 'expected a tenant name'],
  ['a tenant that is too long', changed({ tenant: 'a'.repeat(101) }), 'expected a tenant name'],
  ['an unknown profile', changed({ profile: 'root' }), '"profile" is not the name of a profile'],
  ['too much memory', changed({ memoryMb: 513 }), 'expected a memory limit of cells from 32 to 512 MB, got 513'],
  ['too little memory', changed({ memoryMb: 1 }), 'from 32 to 512 MB, got 1'],
  ['negative memory', changed({ memoryMb: -1 }), '"memoryMb" is not a non-negative integer'],
  ['an unknown time zone', changed({ timeZone: ':/etc/passwd' }), 'Cannot use time zone ":/etc/passwd"'],
  ['an unknown locale', changed({ locale: 'en_US;x' }), 'Cannot use locale "en_US;x"'],
  ['a locale that is too long to repeat', changed({ locale: 'x'.repeat(5000) }), /^Cannot use locale "x{400,}…$/],
]

test.each(malformed)(
  'a node that sends %s is refused with a reason, and nothing else is affected',
  async (_, bytes, reason) => {
    using node = new RawNode(supervisor.port, pem)
    node.write(bytes)
    await node.closed
    expect(node.messages).toEqual([{ type: 'refused', reason: expect.stringMatching(reason) }])
    await expectGoodNode()
  },
)

test.each([
  ['a second hello', changed({}), 'expected one message "hello", got two'],
  ['an unknown type', encodeLinkFrame({ type: 'resume' }), 'unknown type "resume"'],
  ['an unknown kind of frame', framed(5, 3), 'unknown frame kind 3'],
])('a node that sends %s after hello is refused, and its process ends', async (_, bytes, reason) => {
  using node = new RawNode(supervisor.port, pem)
  node.send({ ...hello, color: 'unknown fields are dropped' })
  await node.message(isType('accepted'))
  expect(supervisor.used).toBe(2)
  node.write(bytes)
  await node.message(isType('refused'))
  await node.closed
  expect(node.messages.at(-1)).toEqual({ type: 'refused', reason: expect.stringContaining(reason) })
  await expect.poll(() => supervisor.used).toBe(1)
  await expectGoodNode()
})

test('hello can arrive byte by byte', async () => {
  using node = new RawNode(supervisor.port, pem)
  for (const byte of encodeLinkFrame(JSON.parse(helloText))) node.write(Buffer.from([byte]))
  expect(await node.message(isType('accepted'))).toEqual({ type: 'accepted', used: 2, slots: 4 })
  node.socket.destroy()
  await expect.poll(() => supervisor.used).toBe(1)
})

test('a client without TLS, and one that disconnects at once, affect nothing', async () => {
  using plain = new RawNode(supervisor.port, null)
  plain.send(hello)
  await plain.closed
  expect(plain.messages).toEqual([])
  using hasty = new RawNode(supervisor.port, pem)
  hasty.socket.destroy()
  await hasty.closed
  await expectGoodNode()
})

test('a client without a certificate is refused with a reason', async () => {
  using node = new RawNode(supervisor.port, {})
  node.send(hello)
  await node.closed
  expect(node.messages).toEqual([{ type: 'refused', reason: 'expected a certificate of the node, got none' }])
  await expectGoodNode()
})

test('a client that offers TLS 1.2 only is refused', async () => {
  using node = new RawNode(supervisor.port, { ...pem, maxVersion: 'TLSv1.2' })
  node.send(hello)
  await node.closed
  expect(node.messages).toEqual([])
  await expectGoodNode()
})

test('a flood of connections is bounded: the oldest that say nothing are closed, and a node is still served', async () => {
  const clients = Array.from({ length: 300 }, () => new RawNode(supervisor.port, null))
  let closed = 0
  for (const client of clients) void client.closed.then(() => closed++)
  await expect.poll(() => closed).toBe(300 - 64)
  await expectGoodNode()
  using node = new RawNode(supervisor.port, pem)
  node.send(hello)
  expect(await node.message(isType('accepted'))).toMatchObject({ used: 2 })
  for (const client of clients) client.socket.destroy()
})

test.each(['after the connection', 'after a part of hello'])('a node that falls silent %s is refused', async (when) => {
  await using hasty = await Supervisor.listen({
    host: '127.0.0.1',
    port: 0,
    tls: pem,
    slots: 1,
    tenantSlots: 1,
    builds,
    onProblem: () => undefined,
    limits: { ...limits, helloMs: 300 },
  })
  using node = new RawNode(hasty.port, pem)
  if (when === 'after a part of hello') node.write(encodeLinkFrame(hello).subarray(0, 20))
  await node.closed
  expect(node.messages).toEqual([{ type: 'refused', reason: 'expected the message "hello" within 300 ms' }])
})
