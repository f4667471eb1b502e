import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { startEchoServer } from '../fixtures/echo-http-server.ts'

const bin = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url))
const pets = fileURLToPath(new URL('../fixtures/pets-openapi.json', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'codecell-openapi-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('codecell tools --openapi lists operations', async () => {
  const { code, out, err } = await run(['tools', '--openapi', pets, '--openapi', `zoo=${pets}`])
  expect([code, err]).toEqual([0, ''])
  expect(out.split('\n')).toContain('pet_shop__listPets  List pets (GET /pets)')
  expect(out.split('\n')).toContain('zoo__listPets  List pets (GET /pets)')
})

test('codecell exec calls an operation of a configured document', async () => {
  await using server = await startEchoServer(({ headers }) => ({ body: JSON.stringify(headers.authorization) }))
  const openapi = { shop: { file: pets, baseUrl: server.url, headers: { Authorization: 'Bearer ${SHOP_TOKEN}' } } }
  writeFileSync(join(folder, 'mcp.json'), JSON.stringify({ openapi }))
  const result = await run(['exec', '-', '--quiet'], 'text(await tools.shop__listPets())')
  expect(result).toEqual({ code: 0, out: 'Bearer t0ken\n', err: '' })
})

test.each([
  [['--openapi', 'none.json'], /^Cannot read OpenAPI document "none\.json": ENOENT/],
  [['--openapi', pets, '--openapi-url', 'ftp://x'], /^Cannot use base URL "ftp:\/\/x"/],
])('codecell tools %j says what is wrong', async (args, message) => {
  const { code, out, err } = await run(['tools', ...args])
  expect([code, out]).toEqual([2, ''])
  expect(err).toMatch(message)
})

async function run(args: readonly string[], stdin = ''): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env['PATH'] ?? '', SHOP_TOKEN: 't0ken' }
  const child = spawn(process.execPath, [bin, ...args], { cwd: folder, env, stdio: 'pipe' })
  child.stdin.end(stdin)
  const closed = new Promise<number>((resolve) => {
    child.on('close', (code) => resolve(code ?? -1))
  })
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { code, out, err }
}
