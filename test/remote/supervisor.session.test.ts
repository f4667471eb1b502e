import { expect, test } from 'vitest'
import { encodeFrames, encodeLinkFrame } from '../../src/protocol/frame.ts'
import { startSupervisor } from '../../src/remote/supervisor/start-supervisor.ts'
import { LaterHosts } from '../hostile/host-death/host-processes.ts'
import { hello, isType, RawNode } from './raw-node.ts'
import { TestSupervisor } from './test-supervisor.ts'

test('a node that breaks the protocol together with hello receives the reason, and its process ends', async () => {
  await using supervisor = await TestSupervisor.start(null)
  using node = new RawNode(supervisor.supervisor.port, null)
  node.write(Buffer.concat([encodeLinkFrame(hello), encodeLinkFrame(hello)]))
  await node.closed
  expect(node.messages).toEqual([{ type: 'refused', reason: 'expected one message "hello", got two' }])
  await expect.poll(() => supervisor.used).toBe(0)
})

test.each([
  ['the version before', { type: 'hello', version: 1 }, 1],
  ['the same version', { type: 'hello', version: 2 }, 2],
  ['a newer version', { type: 'hello', version: 3 }, 2],
] as const)('a node of %s gets a host that uses the highest version of both', async (_what, opening, version) => {
  await using supervisor = await TestSupervisor.start(null)
  using node = new RawNode(supervisor.supervisor.port, null)
  // A node of version 1 sends the versions of its own engine, and neither `oldest` nor `print`.
  const { oldest: _oldest, print: _print, ...first } = hello
  const own = opening.version === 1 ? { ...first, engine: { v8: '1.2.3' } } : { ...hello, oldest: opening.version - 1 }
  node.send({ ...own, protocol: opening.version })
  await node.message(isType('accepted'))
  const frames = encodeFrames([{ ...opening, spares: 0, memoryMb: 64 }])
  for (const frame of frames) node.write(frame)
  expect(await node.message(isType('ready'))).toMatchObject({ version })
})

test('a host that does not read is to blame for the silence of its node', async () => {
  await using supervisor = await TestSupervisor.start(null, { silenceMs: 1000 })
  const later = new LaterHosts()
  using node = new RawNode(supervisor.supervisor.port, null)
  node.send(hello)
  await node.message(isType('accepted'))
  const [pid = 0] = later.pids
  process.kill(pid, 'SIGSTOP')
  const [frame = Buffer.alloc(0)] = encodeFrames([{ type: 'catalogue', catalogue: 1, body: 'x'.repeat(16 << 20) }])
  node.write(frame)
  expect(await node.message(isType('exited'))).toMatchObject({
    signal: 'SIGKILL',
    reason: 'it did not read for 1000 ms',
  })
  await node.closed
  expect([supervisor.used, supervisor.problems]).toEqual([0, []])
})

test('a drain and two disposals at the same time resolve when the last host has ended', async () => {
  await using supervisor = await TestSupervisor.start(null)
  using node = new RawNode(supervisor.supervisor.port, null)
  node.send(hello)
  await node.message(isType('accepted'))
  const drained = supervisor.supervisor.drain(3_600_000)
  const { supervisor: both } = supervisor
  await Promise.all([drained, both[Symbol.asyncDispose](), both[Symbol.asyncDispose]()])
  expect(supervisor.used).toBe(0)
})

test('a second drain shortens the first', async () => {
  await using supervisor = await TestSupervisor.start(null)
  using node = new RawNode(supervisor.supervisor.port, null)
  node.send(hello)
  await node.message(isType('accepted'))
  await Promise.all([supervisor.supervisor.drain(3_600_000), supervisor.supervisor.drain(1)])
  expect(supervisor.used).toBe(0)
})

test.each([
  [{ listen: undefined }, 'Cannot use listen undefined: expected HOST:PORT, such as hosts.internal:7700 or [::1]:7700'],
  [{ listen: 7700 }, 'Cannot use listen 7700: expected HOST:PORT, such as hosts.internal:7700 or [::1]:7700'],
  [{ tls: undefined }, 'Cannot use the certificates of option "tls": expected an object with cert, key and ca'],
  [{ tls: 'ca.pem' }, 'Cannot use the certificates of option "tls": expected an object with cert, key and ca'],
  [{ tls: {} }, 'Cannot use the certificates of option "tls.cert": expected a string or a buffer in PEM'],
])('startSupervisor() rejects %j', async (options, expected) => {
  const given: object = { listen: '127.0.0.1:0', tls: null, ...options }
  await expect(Reflect.apply(startSupervisor, null, [given])).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expected,
  })
})

test('setTls() rejects certificates that cannot be used', async () => {
  await using supervisor = await TestSupervisor.start(null)
  expect(() => supervisor.supervisor.setTls({ cert: 'x', key: 'y', ca: 'z' })).toThrow(
    'Cannot use the certificates of option "tls"',
  )
})
