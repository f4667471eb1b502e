import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * Drives `codecell serve` with third-party clients: the MCP Inspector with all verbs in both eras, `@ai-sdk/mcp` and
 * `@openai/agents` over both transports. The clients are large, so the first run installs them from the registry.
 */
const packages = ['@modelcontextprotocol/inspector@2.12.0', '@ai-sdk/mcp@2.0.99', '@openai/agents@0.20.0', 'zod@4.6.7']
const root = fileURLToPath(new URL('..', import.meta.url))
const cache = join(root, 'node_modules/.cache/mcp-clients')
const token = 'a-token-for-this-check-only'
const code = 'text(6 * 7); text((await tools.mcp__db__count({})).content[0].text)'

install()
const folder = mkdtempSync(join(tmpdir(), 'codecell-clients-'))
const config = join(folder, 'servers.json')
const hinted = join(root, 'test/fixtures/hinted-mcp-server.ts')
writeFileSync(config, JSON.stringify({ mcpServers: { db: { command: process.execPath, args: [hinted] } } }))
const serve = [join(root, 'src/cli/bin.ts'), 'serve', '--config', config]
try {
  inspect()
  await useLibraries()
} finally {
  rmSync(folder, { recursive: true })
}
process.stdout.write('All clients received the expected results\n')

function install(): void {
  if (existsSync(join(cache, 'node_modules/@openai/agents'))) return
  mkdirSync(cache, { recursive: true })
  writeFileSync(join(cache, 'package.json'), '{ "private": true, "type": "module" }')
  const args = ['install', '--save-exact', '--ignore-scripts', '--no-audit', '--no-fund', ...packages]
  const { status } = spawnSync('npm', args, { cwd: cache, stdio: 'inherit', timeout: 600_000 })
  if (status !== 0) throw new Error('Cannot install the clients')
}

function inspect(): void {
  const session = join(folder, 'inspector.json')
  writeFileSync(session, JSON.stringify({ mcpServers: { cell: { command: process.execPath, args: serve } } }))
  const call = ['tools/call', '--tool-name', 'exec', '--tool-args-json', JSON.stringify({ code })]
  const verbs: readonly (readonly [readonly string[], RegExp])[] = [
    [['tools/list'], /"name":"exec"[^]*"name":"wait"/],
    [call, /"text":"42"[^]*"text":"0"/],
    [['resources/list'], /"resources":\[\]/],
    [['resources/templates/list'], /codecell:\/\/output\/\{cell\}/],
    [['prompts/list'], /"prompts":\[\]/],
  ]
  for (const era of ['legacy', 'modern']) {
    for (const [verb, expected] of verbs) runInspector({ session, era, verb, expected, over: 'stdio' })
  }
}

/** Reads retained output over HTTP, where the session outlives a call. */
function inspectOverHttp(url: string): void {
  const session = join(folder, 'inspector-http.json')
  const server = { type: 'streamable-http', url, headers: { Authorization: `Bearer ${token}` } }
  writeFileSync(session, JSON.stringify({ mcpServers: { cell: server } }))
  const long = { code: 'text("x".repeat(5000) + "the end")', max_output_tokens: 10 }
  const verbs: readonly (readonly [readonly string[], RegExp])[] = [
    [['tools/call', '--tool-name', 'exec', '--tool-args-json', JSON.stringify(long)], /load\(\\"output:1\\"\)/],
    [['resources/list'], /"codecell:\/\/output\/1"/],
    [['resources/read', '--uri', 'codecell://output/1'], /x{5000}the end/],
  ]
  for (const [verb, expected] of verbs) runInspector({ session, era: 'modern', verb, expected, over: 'http' })
}

type Inspection = {
  readonly session: string
  readonly era: string
  readonly verb: readonly string[]
  readonly expected: RegExp
  readonly over: 'stdio' | 'http'
}

function runInspector({ session, era, verb, expected, over }: Inspection): void {
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, MCP_INSPECTOR_SECRET_STORE: 'memory' }
  const flags = ['--cli', '-q', '--format', 'json', '--protocol-era', era, '--config', session, '--server', 'cell']
  const args = [...flags, '--method', ...verb]
  const bin = join(cache, 'node_modules/.bin/mcp-inspector')
  const { stdout, stderr } = spawnSync(bin, args, { env, encoding: 'utf8', timeout: 120_000 })
  check(`inspector over ${over}, ${era}, ${verb[0]}`, stdout, expected, stderr)
}

async function useLibraries(): Promise<void> {
  const child = spawn(process.execPath, [...serve, '--http'], {
    env: { PATH: process.env['PATH'] ?? '', CODECELL_TOKEN: token },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let said = ''
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        const [, found] = /Serving (\S+)/.exec(said) ?? []
        if (found !== undefined) resolve(found)
      })
      child.once('close', () => reject(new Error(`Server exited: ${said}`)))
    })
    inspectOverHttp(url)
    const driver = join(cache, 'driver.mjs')
    const resolve = createRequire(driver)
    writeFileSync(driver, driverSource(pathToFileURL(resolve.resolve('@openai/agents')).href))
    const args = [driver, JSON.stringify({ command: process.execPath, args: serve, url, token, code })]
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 240_000 })
    for (const name of ['ai-sdk stdio', 'agents stdio', 'ai-sdk http', 'agents http']) {
      check(name, stdout, new RegExp(`^${name} [^\n]*"text":"42"[^\n]*"text":"0"`, 'm'), stderr)
    }
  } finally {
    child.kill('SIGTERM')
  }
}

/** The program that uses both libraries, in the folder in which they are installed. */
function driverSource(agents: string): string {
  return `
import { createMCPClient } from '@ai-sdk/mcp'
import * as stdio from '@ai-sdk/mcp/mcp-stdio'
import { MCPServerStdio, MCPServerStreamableHttp } from ${JSON.stringify(agents)}
const { command, args, url, token, code } = JSON.parse(process.argv[2])
const headers = { authorization: 'Bearer ' + token }
const say = (name, value) => console.log(name, JSON.stringify(value))
const Stdio = stdio.StdioMCPTransport ?? stdio.Experimental_StdioMCPTransport
for (const [name, transport] of [['stdio', new Stdio({ command, args, stderr: 'ignore' })], ['http', { type: 'http', url, headers }]]) {
  const client = await createMCPClient({ transport })
  const { exec } = await client.tools()
  say('ai-sdk ' + name, await exec.execute({ code }, { toolCallId: '1', messages: [] }))
  await client.close()
}
const options = { requestInit: { headers }, url }
for (const [name, server] of [['stdio', new MCPServerStdio({ command, args })], ['http', new MCPServerStreamableHttp(options)]]) {
  await server.connect()
  say('agents ' + name, await server.callTool('exec', { code }))
  await server.close()
}
`
}

function check(name: string, output: string, expected: RegExp, errors: string): void {
  if (!expected.test(output)) throw new Error(`${name}: unexpected output\n${output.slice(0, 2000)}\n${errors}`)
  process.stdout.write(`ok ${name}\n`)
}
