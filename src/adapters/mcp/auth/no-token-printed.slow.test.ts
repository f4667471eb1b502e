import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startAuthorizationServer } from '../../../../test/fixtures/authorization-server.ts'
import { startOAuthMcpServer } from '../../../../test/fixtures/oauth-mcp-server.ts'
import { startCli } from '../../../../test/support/cli.ts'
import { newFolder } from '../../../../test/support/folder.ts'
import { logIn } from '../../../../test/support/oauth-login.ts'
import { storedSecrets } from '../../../../test/support/oauth-servers.ts'

test('no command and no trace has a token, also after the token has ended', async () => {
  await using authorization = await startAuthorizationServer()
  await using mcp = await startOAuthMcpServer(authorization)
  const [folder, home] = [newFolder(), newFolder()]
  const env = 'text({ env: process.env })'
  const stdio = { command: process.execPath, args: ['-e', `console.error(${JSON.stringify(env)})`] }
  writeFileSync(join(folder, 'codecell.json'), JSON.stringify({ mcpServers: { remote: { url: mcp.url }, stdio } }))
  const login = await logIn(mcp.entry(), home)
  const all = storedSecrets(home)
  const source = 'text(await tools.mcp__remote__echo({ a: 1 }))'
  const run = async (...args: string[]): Promise<unknown> =>
    await startCli(args, { cwd: folder, env: { CODECELL_HOME: home }, stdin: source }).result
  const results = [
    await run('tools', '--json'),
    await run('doctor', '-c', 'codecell.json', '--json'),
    await run('exec', '-', '--trace', 'traces', '--durable', 'durable'),
  ]
  await authorization.endToken(all[0] ?? '')
  results.push(await run('exec', '-', '--trace', 'traces'))
  all.push(...storedSecrets(home))
  await authorization.revoke(storedSecrets(home)[0] ?? '')
  results.push(await run('exec', '-', '--trace', 'traces'))
  results.push(await run('doctor', '-c', 'codecell.json'))
  const needed = {
    code: 1,
    out: expect.stringMatching(/BROKEN .*"remote" does not start.*\n +codecell login remote\n/),
  }
  expect(results).toMatchObject([{ code: 0 }, { code: 1 }, { code: 0 }, { code: 0 }, { code: 4 }, needed])
  const files = globSync('{traces,durable}/**', { cwd: folder, withFileTypes: true }).filter((file) => file.isFile())
  expect(files.length).toBeGreaterThan(5)
  const texts = [
    JSON.stringify(results),
    ...files.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1')),
  ]
  for (const secret of new Set(all)) {
    expect(secret.length).toBeGreaterThan(20)
    for (const text of texts) expect(text).not.toContain(secret)
  }
  expect(login.canRefresh).toBe(true)
})
