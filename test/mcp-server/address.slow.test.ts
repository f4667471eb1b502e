import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { runCli } from '../support/cli.ts'
import { startHttp } from './served.ts'

/** Sends a request without a token to any address of this machine, and returns the status. */
async function statusFor(port: number, host: string): Promise<string | undefined> {
  const response = Promise.withResolvers<string>()
  const lines = ['GET /mcp HTTP/1.1', `Host: ${host}`, 'Connection: close']
  const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`))
  socket.once('data', (chunk: Buffer) => response.resolve(chunk.toString())).once('error', response.reject)
  return /^HTTP\/1\.1 (\d+)/.exec(await response.promise)?.[1]
}

test('codecell serve --http-address 0.0.0.0 accepts the names of --http-host, and demands a token', async () => {
  const hosts = ['--http-host', 'Codecell.test, codecell:8080', '--http-host', '10.1.2.3']
  await using server = await startHttp(['--http-address', '0.0.0.0', ...hosts])
  expect(server.url).toMatch(/^http:\/\/0\.0\.0\.0:\d+\/mcp$/)
  const port = Number(new URL(server.url).port)
  const named = ['codecell.test', 'CODECELL.TEST', 'codecell:8080', '10.1.2.3', `127.0.0.1:${port}`]
  for (const host of named) expect([host, await statusFor(port, host)]).toEqual([host, '401'])
  const others = ['codecell.test:81', 'codecell', 'evil.test', 'a.codecell.test', `0.0.0.0:${port}`]
  for (const host of others) expect([host, await statusFor(port, host)]).toEqual([host, '403'])
})

test.each([
  [['--http-address', '0.0.0.0'], 'Cannot use --http-address without --http'],
  [['--http-host', 'x'], 'Cannot use --http-host without --http'],
  ...['https://x', 'x/mcp', 'a b', '', 'me@x'].map((host): [string[], string] => [
    ['--http', `--http-host=${host}`],
    `Cannot use --http-host "${host}": expected a host name, with a port unless it is the default`,
  ]),
])('codecell serve rejects the flags %j', async (args, text) => {
  expect(await runCli(['serve', ...args])).toMatchObject({ code: 2, err: `${text}\nSee: codecell help serve\n` })
})

test('codecell serve refuses to disable authentication for other machines', async () => {
  const { code, err } = await runCli(['serve', '--http', '--http-address', '0.0.0.0', '--no-token'])
  expect(code).toBe(2)
  expect(err).toContain('Cannot serve 0.0.0.0 without a token: only loopback addresses can disable authentication')
})
