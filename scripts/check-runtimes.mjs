// Packs the package, installs it with the runtimes of `runtimes/runtimes.mjs`, and runs cells there: with host processes of each engine,
// and with a host in the process. Then it bundles a program in each way of docs/bundlers.md, and runs the bundles in a folder without
// packages. It installs the runtimes and bundlers on demand into `node_modules/.cache`. With `--quick` it checks some of them.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { expectedLines, handlerProgram, inProcessProgram, processProgram } from './runtimes/programs.mjs'
import { commandFor, programOf, quickRuntimes, runtimes } from './runtimes/runtimes.mjs'

const isQuick = process.argv.includes('--quick')
const cache = resolve('node_modules/.cache', isQuick ? 'runtimes-quick' : 'runtimes')
const checked = isQuick ? quickRuntimes : runtimes
const root = mkdtempSync(join(tmpdir(), 'codecell-runtimes-'))
const bundlers = isQuick
  ? ['esbuild@0.28.2']
  : ['esbuild@0.28.2', 'webpack@5.113.0', 'webpack-cli@7.3.1', '@yarnpkg/cli-dist@4.18.1']
const npmInstall = ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
const rows = []

try {
  installTools()
  const [{ filename }] = JSON.parse(run(['npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', root], '.'))
  const tarball = join(root, filename)
  for (const runtime of checked) checkRuntime(runtime, tarball)
  checkBundles(tarball)
  console.table(Object.fromEntries(rows))
  if (rows.some(([, row]) => Object.values(row).some((cell) => cell.startsWith('FAILED')))) process.exitCode = 1
} finally {
  rmSync(root, { recursive: true, force: true })
}

function installTools() {
  const dependencies = Object.fromEntries(
    checked.flatMap(({ alias, of }) => (alias === null ? [] : [[alias, `npm:${of}`]])),
  )
  mkdirSync(cache, { recursive: true })
  writeFileSync(join(cache, 'package.json'), JSON.stringify({ private: true, dependencies }))
  run([...npmInstall, '--ignore-scripts', ...bundlers], cache)
}

function checkRuntime(runtime, tarball) {
  const program = programOf(runtime, cache)
  if (program === null) {
    rows.push([runtime.name, { install: 'not here' }])
    return
  }
  const folder = newProject(runtime.name.replace(' ', '-'))
  const startedAt = performance.now()
  const installed = installWith(runtime, program, tarball, folder)
  const row = { install: installed ? `${((performance.now() - startedAt) / 1000).toFixed(0)} s` : 'FAILED' }
  rows.push([runtime.name, row])
  const runs = { v8: processProgram('v8'), quickjs: processProgram('quickjs'), 'quickjs in process': inProcessProgram }
  for (const [name, source] of Object.entries(runs)) {
    const file = join(folder, `${name.replaceAll(' ', '-')}.mjs`)
    writeFileSync(file, source)
    const out = outputOf(commandFor(runtime, program, file), folder)
    row[name] = name === 'v8' && !runtime.hasV8 ? refusalOf(out) : resultOf(out)
  }
}

/** Installs the package as the users of a runtime do. Deno takes no archive, so npm installs it there. */
function installWith({ name }, program, tarball, folder) {
  const isNode = name.startsWith('Node')
  const path = isNode ? `${dirname(program)}${delimiter}${process.env.PATH}` : process.env.PATH
  const install = name === 'Bun' ? [program, 'add', tarball] : [...npmInstall, tarball]
  return attempt(install, folder, { ...process.env, PATH: path }).status === 0
}

function checkBundles(tarball) {
  const folder = newProject('bundles')
  run([...npmInstall, '--ignore-scripts', tarball], folder)
  writeFileSync(join(folder, 'main.mjs'), inProcessProgram)
  writeFileSync(join(folder, 'handler.mjs'), handlerProgram)
  const esbuild = tool('esbuild/bin/esbuild')
  const options = ['--bundle', '--platform=node', '--log-level=error', '--log-override:empty-import-meta=silent']
  const build = (format, file) => [esbuild, 'main.mjs', ...options, `--format=${format}`, `--outfile=out/${file}`]
  addRow('esbuild, ESM', esbuild && (() => bundled(folder, build('esm', 'main.mjs'), ['main.mjs'])))
  addRow('esbuild, CommonJS', esbuild && (() => bundled(folder, build('cjs', 'main.cjs'), ['main.cjs'])))
  addRow('esbuild, AWS Lambda', esbuild && (() => lambda(folder, [esbuild, 'handler.mjs', ...options])))
  addRow('Vite, noExternal', () => vite(folder))
  addRow('webpack', tool('webpack-cli/bin/cli.js') && (() => webpack(folder)))
  addRow("Yarn Plug'n'Play", tool('@yarnpkg/cli-dist/bin/yarn.js') && (() => plugAndPlay(tarball)))
}

function addRow(name, check) {
  rows.push([name, { 'quickjs in process': check ? check() : 'not here' }])
}

function tool(path) {
  const file = join(cache, 'node_modules', path)
  return existsSync(file) ? file : null
}

/** Builds a bundle, moves it to a folder without packages, and runs it: the bundle itself, or a program that loads it. */
function bundled(folder, build, args, program = null) {
  rmSync(join(folder, 'out'), { recursive: true, force: true })
  const { status, stdout, stderr } = attempt(build, folder)
  if (status !== 0) return `FAILED to build: ${(stderr || stdout).trim().split('\n')[0]}`
  const deployed = mkdtempSync(join(root, 'deployed-'))
  cpSync(join(folder, 'out'), deployed, { recursive: true })
  const type = args.at(-1).endsWith('.cjs') ? 'commonjs' : 'module'
  writeFileSync(join(deployed, 'package.json'), JSON.stringify({ type }))
  if (program !== null) writeFileSync(join(deployed, args.at(-1)), program)
  return resultOf(outputOf([process.execPath, ...args], deployed))
}

/** Calls a handler as a function platform does, in a Node that cannot start a process. */
function lambda(folder, build) {
  const invoke = `const { handler } = require('./index.cjs')
    void handler().then(handler).then((response) => { console.log(response); process.exit(0) })`
  const flags = ['--permission', '--allow-fs-read=*', '--allow-worker']
  return bundled(folder, [...build, '--format=cjs', '--outfile=out/index.cjs'], [...flags, 'invoke.cjs'], invoke)
}

function vite(folder) {
  writeFileSync(
    join(folder, 'vite.config.js'),
    `export default { ssr: { noExternal: true }, build: { ssr: 'main.mjs', outDir: 'out' } }`,
  )
  return bundled(
    folder,
    [process.execPath, resolve('node_modules/vite/bin/vite.js'), 'build', '--logLevel=error'],
    ['main.js'],
  )
}

function webpack(folder) {
  writeFileSync(
    join(folder, 'webpack.config.cjs'),
    `module.exports = { mode: 'production', target: 'node', entry: './main.mjs',
       output: { path: __dirname + '/out', filename: 'main.cjs', chunkFilename: '[name].cjs' } }`,
  )
  return bundled(
    folder,
    [process.execPath, tool('webpack-cli/bin/cli.js'), '--config', 'webpack.config.cjs'],
    ['main.cjs'],
  )
}

function plugAndPlay(tarball) {
  const folder = newProject('pnp')
  const yarn = [process.execPath, tool('@yarnpkg/cli-dist/bin/yarn.js')]
  const registry = run(['npm', 'config', 'get', 'registry'], folder).trim()
  const settings = [
    'nodeLinker: pnp',
    'enableTelemetry: false',
    'enableGlobalCache: false',
    `npmRegistryServer: "${registry}"`,
  ]
  writeFileSync(join(folder, '.yarnrc.yml'), `${settings.join('\n')}\n`)
  writeFileSync(join(folder, 'yarn.lock'), '')
  writeFileSync(join(folder, 'main.mjs'), inProcessProgram)
  const { status, stdout } = attempt([...yarn, 'add', tarball], folder, { ...process.env, CI: '' })
  if (status !== 0) return `FAILED to install: ${stdout.trim().split('\n').at(-1)}`
  return resultOf(outputOf([...yarn, 'node', 'main.mjs'], folder))
}

function newProject(name) {
  const folder = join(root, name)
  mkdirSync(folder)
  writeFileSync(
    join(folder, 'package.json'),
    '{ "name": "user", "version": "1.0.0", "private": true, "type": "module" }',
  )
  return folder
}

function resultOf(out) {
  return out === expectedLines ? 'ok' : `FAILED: ${out.slice(0, 300)}`
}

/** Returns the reason why a runtime has no V8, which the error must give together with the other engine. */
function refusalOf(out) {
  const reason = /^HOST_START_FAILED Cannot start a host with V8: (.*?)\. .*engine "quickjs"/.exec(out)?.[1]
  return reason === undefined ? `FAILED: ${out.slice(0, 300)}` : `refused: ${reason.replace(/ for Node .*/, '')}`
}

function outputOf(command, folder) {
  const { stdout, stderr } = attempt(command, folder)
  return stdout.trim() || stderr.trim()
}

function attempt([command, ...args], cwd, env = process.env) {
  return spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 300_000, maxBuffer: 2 ** 26 })
}

function run(command, cwd) {
  const { status, stdout, stderr } = attempt(command, cwd)
  if (status !== 0) throw new Error(`"${command.join(' ')}" ended with code ${status}:\n${stdout}${stderr}`)
  return stdout
}
