import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { startCli } from '../../../../../test/support/cli.ts'
import { newFolder } from '../../../../../test/support/folder.ts'
import { logIn } from '../../../../../test/support/oauth-login.ts'
import { oauthServers, storedSecrets } from '../../../../../test/support/oauth-servers.ts'
import { ScriptedBrowser } from '../../../../../test/support/scripted-browser.ts'

const fixtures = oauthServers()
let folder = ''
beforeEach(() => {
  folder = newFolder()
  writeFileSync(join(folder, 'codecell.json'), JSON.stringify({ mcpServers: { remote: { url: fixtures.mcp.url } } }))
})

test('codecell login opens a browser and stores the login, whose tokens it does not print', async () => {
  const home = join(folder, 'home')
  const env = { CODECELL_HOME: home, BROWSER: join(folder, 'browser') }
  writeFileSync(
    env.BROWSER,
    `#!/bin/sh\nprintf %s "$1" > "${folder}/url.tmp" && mv "${folder}/url.tmp" "${folder}/url"\n`,
    {
      mode: 0o755,
    },
  )
  const login = startCli(['login', 'remote'], { cwd: folder, env })
  await expect.poll(() => readFileSync(join(folder, 'url'), { encoding: 'utf8', flag: 'a+' })).toContain('http')
  await new ScriptedBrowser().open(readFileSync(join(folder, 'url'), 'utf8'))
  const results = [await login.result, await startCli(['login', '--list', '--json'], { cwd: folder, env }).result]
  expect(results).toMatchObject([
    { code: 0, out: `Logged in to MCP server "remote" at ${fixtures.authorization.issuer}, scope tools:read\n` },
    { code: 0, out: expect.stringContaining(fixtures.mcp.url), err: '' },
  ])
  const printed = JSON.stringify(results)
  for (const secret of storedSecrets(home)) expect(printed).not.toContain(secret)
})

test('codecell serve starts without a login, and offers the tools after a login in another process', async () => {
  const home = join(folder, 'home')
  mkdirSync(home, { mode: 0o700 })
  const serve = startCli(['serve', '--http', '--no-token'], { cwd: folder, env: { CODECELL_HOME: home } })
  await serve.said('Cannot start MCP server "remote": the server needs a login: run `codecell login remote`')
  await serve.said('Serving http')
  await logIn(fixtures.mcp.entry({ name: 'remote' }), home)
  const text = await serve.said('MCP server "remote" is connected, with 2 tools')
  for (const secret of storedSecrets(home)) expect(text).not.toContain(secret)
  serve.child.kill('SIGTERM')
  expect((await serve.result).code).toBe(0)
})
