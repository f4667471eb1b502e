import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StdioServer } from './stdio-server.ts'

const warnings: string[] = []
const warned = ({ message }: Error): void => void warnings.push(message)
beforeEach(() => {
  warnings.length = 0
  process.on('warning', warned)
})
afterEach(() => process.off('warning', warned))

/** A server that says its process id, reads nothing until SIGUSR2, and then does what `body` says. */
async function slowServer(body: string): Promise<{ server: StdioServer; pid: number; heard: number[] }> {
  const code = `
    const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n')
    setInterval(() => undefined, 1000)
    process.on('SIGUSR2', () => { ${body} })
    say({ method: 'notifications/ready', params: { pid: process.pid } })`
  const args = ['-e', code]
  const server = new StdioServer({ type: 'stdio', name: 's', command: process.execPath, args, env: {}, cwd: null })
  const heard: number[] = []
  const { promise, resolve } = Promise.withResolvers<number>()
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a transport has no other way
  server.onmessage = (message) => {
    if ('method' in message) resolve(Number(message.params?.['pid']))
    else heard.push(Number(message.id))
  }
  await server.start()
  return { server, pid: await promise, heard }
}

const count = 200
const text = 'x'.repeat(20_000)

function flood(server: StdioServer): Promise<PromiseSettledResult<void>[]> {
  const ids = Array.from({ length: count }, (_, id) => id)
  return Promise.allSettled(
    ids.map(async (id) => await server.send({ jsonrpc: '2.0', id, method: 'tools/call', params: { text } })),
  )
}

describe('a server that reads slowly', () => {
  test('receives every message in order, without warnings', async () => {
    const { server, pid, heard } = await slowServer(`
      require('node:readline').createInterface({ input: process.stdin })
        .on('line', (line) => say({ id: JSON.parse(line).id, result: {} }))`)
    const sent = flood(server)
    process.kill(pid, 'SIGUSR2')
    expect(new Set((await sent).map(({ status }) => status))).toEqual(new Set(['fulfilled']))
    await expect.poll(() => heard.length).toBe(count)
    expect(heard).toEqual(Array.from({ length: count }, (_, id) => id))
    await server.close()
    expect(warnings).toEqual([])
  })

  test.each([
    ['ends', 'process.exit(1)'],
    ['closes its input and stays', "require('node:fs').closeSync(0); setInterval(() => undefined, 1000)"],
  ])('and then %s: what it never read is a failure, and later messages fail too', async (_, body) => {
    const { server, pid } = await slowServer(body)
    const sent = flood(server)
    process.kill(pid, 'SIGUSR2')
    const results = await sent
    expect(results.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'SEND_FAILED' } })
    await expect(server.send({ jsonrpc: '2.0', method: 'notifications/late' })).rejects.toThrow()
    await server.close()
    expect(warnings).toEqual([])
  })

  test('does not keep its connection from being closed, and what waits fails then', async () => {
    const { server, pid } = await slowServer('')
    const sent = flood(server)
    await server.close()
    expect((await sent).at(-1)).toMatchObject({ status: 'rejected' })
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(warnings).toEqual([])
  })
})
