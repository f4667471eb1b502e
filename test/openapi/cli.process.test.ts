import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startEchoServer } from '../fixtures/echo-http-server.ts'
import { runCli } from '../support/cli.ts'
import { newFolder } from '../support/folder.ts'

const pets = fileURLToPath(new URL('../fixtures/pets-openapi.json', import.meta.url))

test('codecell tools --openapi lists the operations of each document', async () => {
  const { code, out, err } = await runCli(['tools', '--openapi', pets, '--openapi', `zoo=${pets}`])
  expect([code, err]).toEqual([0, ''])
  expect(out.split('\n')).toContain('pet_shop__listPets  List pets (GET /pets)')
  expect(out.split('\n')).toContain('zoo__listPets  List pets (GET /pets)')
})

test('codecell exec calls an operation of a configured document', async () => {
  await using server = await startEchoServer(({ headers }) => ({ body: JSON.stringify(headers.authorization) }))
  const openapi = { shop: { file: pets, baseUrl: server.url, headers: { Authorization: 'Bearer ${SHOP_TOKEN}' } } }
  const cwd = newFolder()
  writeFileSync(join(cwd, 'mcp.json'), JSON.stringify({ openapi }))
  const result = await runCli(['exec', '-', '--quiet'], {
    cwd,
    stdin: 'text(await tools.shop__listPets())',
    env: { SHOP_TOKEN: 't0ken' },
  })
  expect(result).toEqual({ code: 0, out: 'Bearer t0ken\n', err: '' })
})

test.each([
  [['--openapi', 'none.json'], /^Cannot read OpenAPI document "none\.json": ENOENT/],
  [['--openapi', pets, '--openapi-url', 'ftp://x'], /^Cannot use base URL "ftp:\/\/x"/],
])('codecell tools %j names the option that is wrong', async (args, message) => {
  const { code, out, err } = await runCli(['tools', ...args], { cwd: newFolder() })
  expect([code, out]).toEqual([2, ''])
  expect(err).toMatch(message)
})
