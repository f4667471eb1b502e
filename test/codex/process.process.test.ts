import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { hello, result } from './framed-client.ts'
import { HostProcess } from './host-process.ts'

describe('codecell codex-host', () => {
  test('ends with code 0 at the end of its input, also while a cell computes', async () => {
    await using host = new HostProcess()
    await host.client.open()
    host.client.execute(2, 'while (true) {}', { yield_time_ms: 20 })
    await host.client.take(({ type }) => type === 'execute/initialResponse')
    host.client.end()
    expect(await host.exit).toEqual({ code: 0, signal: null })
  })

  test('keeps running after SIGINT, which Ctrl-C sends to the agent', async () => {
    await using host = new HostProcess()
    await host.client.open()
    host.signal('SIGINT')
    host.client.execute(2, 'text("still here")')
    expect(await host.client.take(({ type }) => type === 'execute/initialResponse')).toEqual(
      result(2, '1', ['still here']),
    )
  })

  test('ends with code 0 after it rejected a client', async () => {
    await using host = new HostProcess()
    host.client.send({ ...hello, supportedVersions: [9] })
    expect(await host.client.next()).toMatchObject({ type: 'connection/rejected' })
    expect(await host.exit).toEqual({ code: 0, signal: null })
  })

  test('ends with code 1 when its input ends within a frame, and prints why', async () => {
    await using host = new HostProcess()
    host.client.send(hello)
    await host.client.next()
    host.client.sendBytes(Buffer.from('100000007b22', 'hex'))
    host.client.end()
    expect(await host.exit).toEqual({ code: 1, signal: null })
    expect(host.errorText).toContain('Cannot serve this client: early eof')
  })

  test.runIf(existsSync('/proc/self/task'))(
    'passes no variable of its environment to the processes of cells',
    async () => {
      await using host = new HostProcess({ env: { CODEX_SECRET: 'swordfish' } })
      await host.client.open()
      const environments = host.hostPids.map((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8'))
      expect(environments.length).toBeGreaterThan(0)
      expect(environments.filter((environment) => environment.includes('swordfish'))).toEqual([])
    },
  )

  test.runIf(existsSync('/proc/self/task'))(
    'keeps cells and stored values when the processes of cells are killed',
    async () => {
      await using host = new HostProcess()
      await host.client.open()
      host.client.execute(2, 'store("before", 1)')
      await host.client.take(({ type }) => type === 'cell/closed')
      host.client.execute(3, 'text("a"); const b = await tools.echo(); text(b); text(load("before"))')
      const { id } = await host.client.take(({ type }) => type === 'delegate/request')
      for (const pid of host.hostPids) process.kill(pid, 'SIGKILL')
      host.client.send({
        type: 'delegate/response',
        id,
        result: { status: 'ok', value: { type: 'tool/result', result: 'b' } },
      })
      const response = await host.client.take(
        (message) => message['type'] === 'execute/initialResponse' && message['id'] === 3,
      )
      expect(response).toEqual(result(3, '2', ['a', 'b', '1']))
    },
  )
})
