// Starts MCP servers from npm, checks their lists of tools, and calls them in cells. The servers are installed on demand; after that
// nothing here needs a network.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkServers } from './mcp-servers/check-servers.ts'
import { areInstalled, chromium, listedServers } from './mcp-servers/server-list.ts'

/** Maximum length of a printed fault, in characters. */
const maxFault = 4000

const installed = fileURLToPath(new URL('../node_modules/.cache/mcp-servers', import.meta.url))
if (!areInstalled(installed)) install()
const folder = mkdtempSync(join(tmpdir(), 'codecell-servers-'))
try {
  const { rows, faults } = await checkServers({ installed, folder, hasChromium: existsSync(chromium) })
  console.table(rows)
  for (const fault of faults) console.error(fault.slice(0, maxFault))
  if (faults.length > 0) process.exitCode = 1
  else console.log('All servers work, and cells receive their results unchanged')
} finally {
  rmSync(folder, { recursive: true, maxRetries: 3 })
}

/** Installs the servers without their install scripts and without browsers. */
function install(): void {
  mkdirSync(installed, { recursive: true })
  writeFileSync(join(installed, 'package.json'), '{ "private": true }')
  const options = ['--save-exact', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync(
    'npm',
    ['install', ...options, ...new Set(listedServers.map(({ package: pinned }) => pinned))],
    {
      cwd: installed,
      env: { ...process.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1', PUPPETEER_SKIP_DOWNLOAD: '1' },
      stdio: 'inherit',
      shell: process.platform === 'win32',
      timeout: 600_000,
    },
  )
  if (status !== 0) throw new Error('Cannot install the MCP servers: see the output of npm above')
}
