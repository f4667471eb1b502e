import { existsSync, readFileSync } from 'node:fs'
import { describe, test } from 'vitest'
import { hello } from './framed-client.ts'
import { GrpcAgent } from './grpc-agent.ts'
import { GrpcClient } from './grpc-client.ts'
import { HostProcess } from './host-process.ts'

/** The messages of a client before it leaves, by the moment at which it does. */
type Moments = Readonly<Record<string, (host: HostProcess) => Promise<void> | void>>

const never = 'await new Promise(() => {})'

const framed: Moments = {
  'before the handshake': () => undefined,
  'after the handshake': async (host) => {
    host.client.send(hello)
    await host.client.next()
  },
  'while a session opens': (host) => {
    host.client.send(hello)
    host.client.send({ type: 'operation/request', id: 1, request: { method: 'session/open', sessionId: 's1' } })
  },
  'while cells wait, compute and call': async (host) => {
    await host.client.open()
    for (const [index, source] of [never, 'for (;;) {}', 'await tools.echo()', 'notify("n")'].entries()) {
      host.client.execute(index + 2, source, { yield_time_ms: 60_000 })
    }
    for (let count = 0; count < 2; count++) await host.client.take(({ type }) => type === 'delegate/request')
  },
  'while a session closes': async (host) => {
    await host.client.open()
    host.client.execute(2, never)
    host.client.ask(3, 'session/shutdown', {})
  },
}

const grpc: Moments = {
  'before the handshake': () => undefined,
  'within the handshake': (host) => host.write('PRI * HTT'),
  'after bytes that are not HTTP/2': (host) => host.write('GET / HTTP/1.1\r\n\r\n'.repeat(10)),
  'after the handshake': async (host) => {
    host.connectGrpc()
    await Promise.resolve()
  },
  'while a session opens': (host) => {
    void GrpcAgent.open(host.connectGrpc()).catch(() => undefined)
  },
  'while cells wait, compute and call': async (host) => {
    const client = host.connectGrpc()
    const agents = [await GrpcAgent.open(client), await GrpcAgent.open(client)]
    for (const agent of agents) {
      for (const source of [never, 'for (;;) {}', 'notify("n"); await tools.echo()']) {
        await agent.execute(source).next()
      }
      await agent.calls.next()
    }
  },
  'while a session closes': async (host) => {
    const client = host.connectGrpc()
    const agent = await GrpcAgent.open(client)
    await agent.execute('for (;;) {}').next()
    client.call('CloseSession', agent.about())
  },
  'with a body that has not ended': async (host) => {
    const client = host.connectGrpc()
    await GrpcAgent.open(client)
    for (let count = 0; count < 5; count++) client.callWithBody('Execute', Buffer.from('0000', 'hex'), {}, true)
  },
}

/** The ways in which a client leaves. */
const departures = {
  'ends the input': (host: HostProcess) => host.endInput(),
  'closes both pipes': (host: HostProcess) => {
    host.closeOutput()
    host.endInput()
  },
} as const

const cases = [
  ...Object.entries(framed).map(([moment, act]) => ({ protocol: 'framed', moment, act })),
  ...Object.entries(grpc).map(([moment, act]) => ({ protocol: 'gRPC', moment, act })),
].flatMap((each) => Object.entries(departures).map(([departure, leave]) => ({ ...each, departure, leave })))

describe.skipIf(!existsSync('/proc/self/task'))('a host process', { concurrent: true }, () => {
  test.for(cases)(
    'exits with 0 when its $protocol client $departure $moment, and leaves no process behind',
    async ({ protocol, act, leave }, { expect }) => {
      await using host = new HostProcess(protocol === 'gRPC' ? { listen: 'grpc+stdio://' } : {})
      await act(host)
      const pids = host.hostPids
      leave(host)
      expect(await host.exit).toEqual({ code: 0, signal: null })
      expect(host.errorText).toBe('')
      await expect.poll(() => pids.filter(isRunning)).toEqual([])
    },
  )

  test('leaves no process behind when it is killed while cells compute', async ({ expect }) => {
    await using host = new HostProcess()
    await host.client.open()
    host.client.execute(2, 'for (;;) {}', { yield_time_ms: 20 })
    await host.client.take(({ type }) => type === 'execute/initialResponse')
    const pids = host.hostPids
    expect(pids.length).toBeGreaterThan(0)
    host.signal('SIGKILL')
    await host.exit
    await expect.poll(() => pids.filter(isRunning)).toEqual([])
  })

  test('that listens serves other clients when one leaves with calls open, and exits with 0 after SIGTERM', async ({
    expect,
  }) => {
    await using host = new HostProcess({ listen: 'grpc://127.0.0.1:0' })
    await expect.poll(() => host.errorText).toContain('Listening on')
    const url = host.errorText.trim().replace('Listening on grpc', 'http')
    const leaving = new GrpcClient(url)
    await using staying = new GrpcClient(url)
    const agent = await GrpcAgent.open(staying)
    const call = agent.execute('await tools.echo(); text("done")')
    const nested = await agent.calls.next()
    const other = await GrpcAgent.open(leaving)
    for (const source of ['for (;;) {}', 'await tools.echo()']) await other.execute(source).next()
    await leaving[Symbol.asyncDispose]()
    agent.complete(nested, '')
    await call.next()
    expect((await call.next())?.message(2)?.messages(2)[0]?.message(1)?.text(1)).toBe('done')
    await agent.execute(never).next()
    const pids = host.hostPids
    host.signal('SIGTERM')
    expect(await host.exit).toEqual({ code: 0, signal: null })
    await expect.poll(() => pids.filter(isRunning)).toEqual([])
  })
})

/** Returns whether a process runs and is not a zombie. */
function isRunning(pid: number): boolean {
  const status = `/proc/${pid}/status`
  return existsSync(status) && !/^State:\s+Z/m.test(readFileSync(status, 'utf8'))
}
