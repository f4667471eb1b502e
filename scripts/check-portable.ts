import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'
import * as apps from './portable/apps.ts'
import { serveFolder } from './portable/serve-folder.ts'

// Bundles an app with `codecell/portable` in each documented way, and runs it in Chromium, workerd, Node, Bun and Deno. The tools are not
// dependencies, because workerd alone has 155 MB: they are installed into a folder that CODECELL_PORTABLE_TOOLS names, or a temporary one.

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'codecell-portable-'))
const tools = process.env['CODECELL_PORTABLE_TOOLS'] ?? join(folder, 'tools')
const bin = (name: string, of: string = tools): string => join(of, 'node_modules', '.bin', name)
/** Maximum length of the output of a failed command in an error, in characters. */
const maxShown = 2000
const page = '<!doctype html><script type="module" src="./app.js"></script>'

type Case = { readonly name: string; readonly run: (at: string) => string | Promise<string> }

const cases: readonly Case[] = [
  {
    name: 'esbuild, loader "binary", in Chromium',
    run: async (at) => {
      esbuild(at, apps.binaryApp, ['--loader:.wasm=binary', '--target=es2023'])
      return await titleOf(at)
    },
  },
  ...[process.execPath, bin('bun'), `${bin('deno')} run --allow-all`].map((command) => ({
    name: `esbuild, loader "binary", in ${command.split(/[/ ]/).find((part) => /^(?:node|bun|deno)$/.test(part))}`,
    run: (at: string): string => {
      esbuild(at, apps.binaryApp, ['--loader:.wasm=binary', '--target=es2023'])
      return run(`${command} app.js`, join(at, 'out'))
    },
  })),
  ...[process.execPath, bin('bun'), `${bin('deno')} run --allow-all`].map((command) => ({
    name: `no bundler, in ${command.split(/[/ ]/).find((part) => /^(?:node|bun|deno)$/.test(part))}`,
    run: (at: string): string => {
      write(at, { 'app.js': apps.fileSystemApp })
      return run(`${command} app.js`, at)
    },
  })),
  {
    name: 'esbuild, loader "file", with a worker in Chromium',
    run: async (at) => {
      esbuild(at, apps.fileApp, ['--loader:.wasm=file'], ['host-worker.js'])
      return await titleOf(at)
    },
  },
  {
    name: 'Vite, ?url, with a worker in Chromium',
    run: async (at) => {
      write(at, { 'app.js': apps.viteApp, 'index.html': page })
      run(`${bin('vite', root)} build --outDir out --base ./ --target esnext --logLevel warn`, at)
      return await titleOf(at)
    },
  },
  {
    name: 'webpack, new URL, with a worker in Chromium',
    run: async (at) => {
      write(at, { 'app.js': apps.webpackApp })
      run(`${bin('webpack')} --mode production --entry ./app.js --output-path out --output-filename app.js`, at)
      return await titleOf(at)
    },
  },
  {
    name: 'workerd, .wasm import',
    run: (at) => {
      esbuild(at, apps.workerdApp, ['--external:*.wasm'])
      writeFileSync(join(at, 'out', 'config.capnp'), apps.workerdConfig)
      copyFileSync(join(root, 'dist', 'quickjs.wasm'), join(at, 'out', 'quickjs.wasm'))
      return run(`${bin('workerd')} test config.capnp`, join(at, 'out'))
    },
  },
]

try {
  if (!existsSync(bin('workerd'))) install()
  for (const { name, run: runCase } of cases) {
    const at = mkdtempSync(join(folder, 'app-'))
    mkdirSync(join(at, 'node_modules'))
    symlinkSync(root, join(at, 'node_modules', 'codecell'), 'dir')
    write(at, { 'run.js': apps.runModule, 'host-worker.js': apps.hostWorker, 'package.json': '{ "type": "module" }' })
    const result = (await runCase(at)).trim()
    if (!result.split('\n').includes(apps.expected)) {
      throw new Error(`${name}: expected ${JSON.stringify(apps.expected)}, got ${JSON.stringify(result)}`)
    }
    console.log(`${name}: ok`)
  }
  printSizes()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function install(): void {
  mkdirSync(tools, { recursive: true })
  writeFileSync(join(tools, 'package.json'), '{ "private": true }')
  run('npm install --no-audit --no-fund --loglevel error workerd esbuild webpack webpack-cli bun deno', tools)
}

function write(at: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(at, name), content)
}

function esbuild(at: string, app: string, options: readonly string[], others: readonly string[] = []): void {
  write(at, { 'app.js': app })
  const inputs = ['app.js', ...others].join(' ')
  run(`${bin('esbuild')} ${inputs} --bundle --format=esm --platform=browser --outdir=out ${options.join(' ')}`, at)
}

/** Opens the page of an app, and returns its title once there is one. */
async function titleOf(at: string): Promise<string> {
  const out = join(at, 'out')
  if (!existsSync(join(out, 'index.html'))) writeFileSync(join(out, 'index.html'), page)
  await using server = await serveFolder(out)
  await using browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
  const opened = await browser.newPage()
  const errors: string[] = []
  opened.on('pageerror', (error) => errors.push(error.message))
  await opened.goto(server.url)
  await opened.waitForFunction('document.title !== ""', undefined, { timeout: 60_000 }).catch(() => undefined)
  return [await opened.title(), ...errors].join('\n')
}

/** Runs a command line in a folder, and returns its output. */
function run(line: string, cwd: string): string {
  const { status, stdout, stderr } = spawnSync(line, { cwd, shell: true, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${line} ended with code ${status}:\n${`${stdout}${stderr}`.slice(-maxShown)}`)
  return stdout + stderr
}

/** Prints the sizes that docs/portable.md states. */
function printSizes(): void {
  const at = mkdtempSync(join(folder, 'size-'))
  for (const name of ['portable.js', 'portable-worker.js']) {
    run(`${bin('esbuild')} ${join(root, 'dist', name)} --bundle --minify --format=esm --outfile=${name}`, at)
    printSize(name, readFileSync(join(at, name)))
  }
  printSize('quickjs.wasm', readFileSync(join(root, 'dist', 'quickjs.wasm')))
}

function printSize(name: string, bytes: Uint8Array): void {
  console.log(
    `${name}: ${Math.round(bytes.length / 1024)} KiB, ${Math.round(gzipSync(bytes).length / 1024)} KiB with gzip`,
  )
}
