// Installs missing dependencies. Runs on Node 20 and installs the Node that everything else runs on.
// `npm ci` runs without install scripts, because isolated-vm includes its binaries. Only the package `node` needs
// its script, which downloads the binary for this machine from the same registry.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const marker = join('node_modules', '.codecell-setup')
const wanted = createHash('sha256').update(readFileSync('package-lock.json')).update(process.arch).digest('hex')

if (!isDone()) {
  console.error('Installing dependencies …')
  run(['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'])
  run(['rebuild', 'node', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'])
  if (!nodeWorks()) fail('The package "node" was installed, but its program does not run')
  writeFileSync(marker, wanted)
}

/** The marker is written last, so an incomplete installation does not have it. */
function isDone() {
  return existsSync(marker) && readFileSync(marker, 'utf8') === wanted && nodeWorks()
}

function nodeWorks() {
  const program = join('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  return existsSync(program) && spawnSync(program, ['--version']).status === 0
}

/** Uses the Node of the machine, because the installation replaces the one in node_modules. */
function run(args) {
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  const env = { ...process.env, PATH: path.join(delimiter) }
  const { status } = spawnSync('npm', args, { env, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (status !== 0) fail(`"npm ${args[0]}" failed: see above; try "npm ci" by hand`)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
