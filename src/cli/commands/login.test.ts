import { createServer } from 'node:http'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CliResult } from '../../../test/support/cli.ts'
import { newFolder } from '../../../test/support/folder.ts'
import { runInProcess, Written, type InProcessOptions } from '../../../test/support/in-process-cli.ts'
import { closeServer, listenOnLoopback } from '../../../test/support/loopback-server.ts'
import { oauthServers } from '../../../test/support/oauth-servers.ts'
import { ScriptedBrowser } from '../../../test/support/scripted-browser.ts'
import { browserCommand } from '../login/open-browser.ts'

const fixtures = oauthServers()
let file = ''
beforeEach(() => {
  const folder = newFolder()
  file = join(folder, 'mcp.json')
  configure({ remote: { url: fixtures.mcp.url }, local: { command: 'x' }, broken: { type: 'ftp' } })
  vi.stubEnv('CODECELL_HOME', join(folder, 'home'))
  fixtures.authorization.isDenying = false
})
afterEach(() => vi.unstubAllEnvs())

function configure(mcpServers: object): void {
  writeFileSync(file, JSON.stringify({ mcpServers }))
}

const run = async (args: readonly string[], options: InProcessOptions = {}): Promise<CliResult> =>
  await runInProcess([...args, '-c', file], options)

/** Runs a login, and gives `onUrl` the URL that it prints and its standard input. */
async function logIn(args: readonly string[], onUrl: (url: string, stdin: PassThrough) => unknown): Promise<CliResult> {
  const stdin = new PassThrough()
  const stderr = new Written()
  const result = run(['login', 'remote', ...args], { io: { stdin, stderr } })
  await expect.poll(() => stderr.text, { timeout: 30_000 }).toMatch(/^http.*$/m)
  await onUrl(/^http.*$/m.exec(stderr.text)?.[0] ?? '', stdin)
  return { ...(await result), err: stderr.text }
}

describe('codecell login', () => {
  test('prints the URL and takes the redirect of a browser on this machine; codecell logout removes the login', async () => {
    const result = await logIn(['--no-browser', '--scope', 'tools:write tools:read'], (url) =>
      new ScriptedBrowser().open(url),
    )
    expect(result).toMatchObject({
      code: 0,
      out: `Logged in to MCP server "remote" at ${fixtures.authorization.issuer}, scope tools:read tools:write\n`,
    })
    expect(await runInProcess(['login', '--list'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^SERVER .*\nhttp:.*\/mcp +http.* tools:read tools:write +refreshed\n$/),
    })
    expect(await run(['logout', 'remote'])).toMatchObject({
      code: 0,
      out: 'Logged out of MCP server "remote", and its tokens are revoked\n',
    })
    expect((await runInProcess(['login', '--list'])).out).toBe('No logins\n')
    expect((await run(['logout', 'remote'])).out).toBe('Not logged in to MCP server "remote"\n')
  })

  test('takes the pasted URL of a browser on another machine', async () => {
    const result = await logIn(['--no-browser'], async (url, stdin) => {
      stdin.write(`\n${await new ScriptedBrowser().redirectOf(url)}\n`)
    })
    expect(result.code).toBe(0)
    expect(result.err).toContain('paste the URL of the page that it ends on')
  })

  test('shows a code for another device', async () => {
    const stderr = new Written()
    const result = run(['login', 'remote', '--device'], { io: { stderr } })
    await expect.poll(() => stderr.text, { timeout: 30_000 }).toContain('enter the code')
    const [, url = ''] = /^or open (.*)$/m.exec(stderr.text) ?? []
    await new ScriptedBrowser().open(url)
    expect((await result).code).toBe(0)
  })

  test.each([
    [['login', 'remote'], 1, 'no browser can be opened, and standard input is not a terminal; use --device, or'],
    [
      ['login', 'remote', '--no-browser', '--timeout', '200'],
      1,
      'Cannot log in to MCP server "remote": no login within 0.2 s',
    ],
    [['login', 'remot'], 2, 'did you mean "remote"?'],
    [['login', 'x'], 2, 'Cannot find server "x" in '],
    [['login', 'broken'], 2, 'unknown type "ftp"'],
    [['login', 'local'], 1, 'it is started with a command'],
    [['login'], 2, 'expected SERVER'],
    [['login', 'remote', '--list'], 2, 'Cannot use "remote" with --list'],
    [['login', 'remote', '--device', '--no-browser'], 2, 'Cannot use --no-browser with --device'],
    [['login', 'remote', '--timeout', 'x'], 2, 'expected a non-negative integer'],
    [['logout', 'x'], 2, 'Cannot find server "x" in '],
  ])('%j exits with %i', async (args, code, expected) => {
    const result = await run(args)
    expect(result).toMatchObject({ code, out: '' })
    expect(result.err).toContain(expected)
  })

  test('exits with 1 when access is denied, the redirect is wrong, or the server does not offer OAuth', async () => {
    fixtures.authorization.isDenying = true
    const denied = await logIn(['--no-browser'], (url) => new ScriptedBrowser().open(url))
    const pasted = await logIn(['--no-browser'], (_, stdin) =>
      stdin.write('http://127.0.0.1/callback?code=a&state=b\n'),
    )
    const http = createServer((_, response) => void response.writeHead(404).end())
    configure({ remote: { url: await listenOnLoopback(http) } })
    const none = await run(['login', 'remote', '--no-browser'])
    await closeServer(http)
    configure({ remote: { url: `http://127.0.0.1:1/mcp` } })
    const unreached = await run(['login', 'remote', '--no-browser'])
    expect([denied.code, pasted.code, none.code, unreached.code]).toEqual([1, 1, 1, 1])
    expect(denied.err).toMatch(
      /\nCannot log in to MCP server "remote": access was denied \(access_denied\): The user denied access\n$/,
    )
    expect(pasted.err).toContain('\nCannot log in to MCP server "remote": the redirect has another "state"')
    expect(none.err).toContain('Cannot log in to MCP server "remote": it does not offer OAuth')
    expect(unreached.err).toMatch(/^Cannot log in to MCP server "remote": .*(ECONNREFUSED|EADDR|bad port)/)
  })

  test('exits with 130 at SIGINT', async () => {
    const result = await logIn(['--no-browser'], () => process.emit('SIGINT'))
    expect(result).toMatchObject({ code: 130, out: '' })
  })
})

test.each([
  ['linux', {}, null],
  ['linux', { DISPLAY: ':0' }, ['xdg-open', 'https://a/?b&c']],
  ['linux', { WAYLAND_DISPLAY: 'w' }, ['xdg-open', 'https://a/?b&c']],
  ['linux', { WSL_DISTRO_NAME: 'u' }, ['rundll32.exe', 'url.dll,FileProtocolHandler', 'https://a/?b&c']],
  ['linux', { BROWSER: 'ff --new' }, ['ff', '--new', 'https://a/?b&c']],
  ['linux', { BROWSER: 'ff -u=%s' }, ['ff', '-u=https://a/?b&c']],
  ['darwin', {}, ['open', 'https://a/?b&c']],
  ['win32', {}, ['rundll32.exe', 'url.dll,FileProtocolHandler', 'https://a/?b&c']],
] as const)('the browser of %s with %j is %j', (platform, env, expected) => {
  expect(browserCommand('https://a/?b&c', env, platform)).toEqual(expected)
  for (const url of ['file:///etc/passwd', 'javascript:alert(1)', '-version']) {
    expect(browserCommand(url, env, platform)).toBeNull()
  }
})
