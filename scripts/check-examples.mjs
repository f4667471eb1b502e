// Packs the package, and runs each stand-alone example as a user does: a copy outside of the repository installs the packed tarball, is
// type-checked, and runs with its one command. The lines of its `expected.txt` must be parts of lines of the output, in order. An
// example with a page is used in Chromium. `--only NAME,…` selects examples. The network is needed for the npm registry only.
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { missingLine } from './examples/missing-line.ts'
import { checkChatPage } from './examples/chat-page.mjs'

const examples = fileURLToPath(new URL('../examples', import.meta.url))
const npmInstall = ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
/** Examples with a page, which is checked instead of the output. */
const pages = new Map([['nextjs-chat', checkChatPage]])
const environment = cleanEnvironment()

const names = selectedNames()
const root = mkdtempSync(join(tmpdir(), 'codecell-examples-'))
try {
  const [{ filename }] = JSON.parse(
    await run(['npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', root], resolve(examples, '..')),
  )
  const queue = [...names]
  const workers = Array.from({ length: Math.min(availableParallelism(), 4) }, () => work(queue, join(root, filename)))
  await Promise.all(workers)
} finally {
  rmSync(root, { recursive: true, force: true })
}

/** Returns the examples with a command `npm start`. */
function selectedNames() {
  const all = readdirSync(examples).filter((name) => manifestOf(join(examples, name))?.scripts?.start !== undefined)
  const index = process.argv.indexOf('--only')
  // The slowest example is first, so that the others run at the same time.
  if (index === -1) return all.sort((one, other) => Number(pages.has(other)) - Number(pages.has(one)))
  const only = (process.argv[index + 1] ?? '').split(',')
  const unknown = only.filter((name) => !all.includes(name))
  if (unknown.length > 0) throw new Error(`expected names of examples (${all.join(', ')}), got ${unknown.join(', ')}`)
  return only
}

function manifestOf(folder) {
  const file = join(folder, 'package.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
}

async function work(queue, tarball) {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const startedAt = performance.now()
    const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(0)
    try {
      await checkExample(name, tarball)
      console.log(`${name}: works (${seconds()} s)`)
    } catch (error) {
      process.exitCode = 1
      console.log(`${name}: FAILED (${seconds()} s): ${error.message}`)
    }
  }
}

async function checkExample(name, tarball) {
  const folder = join(root, name)
  cpSync(join(examples, name), folder, { recursive: true, filter: (path) => !/node_modules|\.next/.test(path) })
  const manifest = manifestOf(folder)
  manifest.dependencies.codecell = `file:${tarball}`
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  await run(npmInstall, folder)
  const checkPage = pages.get(name)
  if (checkPage !== undefined) return await checkPage({ folder, env: environment })
  if (manifest.scripts.check !== undefined) await run(['npm', 'run', '-s', 'check'], folder)
  const output = await run(['npm', '-s', 'start'], folder)
  const missing = missingLine(output, readFileSync(join(folder, 'expected.txt'), 'utf8'))
  if (missing !== null) throw new Error(`expected the line ${JSON.stringify(missing)}, got:\n${output}`)
}

/** The environment of a user without keys: without the variables of `npm run`, of models and of codecell. */
function cleanEnvironment() {
  const removed = /^(?:npm_(?!config_(?:cache|userconfig))|INIT_CWD|OPENAI_|ANTHROPIC_|CODECELL_)/i
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !removed.test(name))),
    PATH: [dirname(process.execPath), ...path].join(delimiter),
    NEXT_TELEMETRY_DISABLED: '1',
    NO_COLOR: '1',
  }
}

/** Runs a command that must succeed within five minutes, and returns its standard output. */
async function run([command, ...args], cwd) {
  const child = spawn(command, args, {
    cwd,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 300_000,
    shell: process.platform === 'win32',
  })
  const closed = once(child, 'close')
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  if (code !== 0) throw new Error(`"${[command, ...args].join(' ')}" ended with code ${code}:\n${stdout}${stderr}`)
  return stdout
}
