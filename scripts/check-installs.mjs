// Packs the package and installs it with npm, pnpm and yarn into projects that have another version of TypeScript,
// `ai` or `@openai/agents`. Then it imports and requires every entry, runs a cell, and checks the report of `codecell
// doctor`. It works in temporary folders. A package manager that the registry does not
// provide is listed and skipped; with CI=true that is a failure.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import supported from '../bin/supported-node.cjs'

/** The pinned package managers; npm is the installed one. Install scripts do not run. */
const npmInstall = ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
const managers = {
  npm: { version: ['npm', '--version'], add: npmInstall },
  pnpm: {
    version: ['npx', '--yes', 'pnpm@12.21.0', '--version'],
    add: ['npx', '--yes', 'pnpm@12.21.0', 'add', '--prefer-offline', '--ignore-scripts'],
  },
  yarn: {
    version: ['npx', '--yes', 'yarn@1.22.22', '--version'],
    add: ['npx', '--yes', 'yarn@1.22.22', 'add', '--prefer-offline', '--ignore-scripts', '--non-interactive'],
  },
}

/** The packages of each project before codecell is installed in it. */
const projects = [
  { manager: 'npm', packages: ['typescript@5', 'ai@5', '@openai/agents@0.19', 'zod@4'] },
  { manager: 'pnpm', packages: ['typescript@6', 'ai@6', 'zod@4'] },
  { manager: 'yarn', packages: ['typescript@5', 'ai@6', '@openai/agents@0.19', 'zod@4'] },
]

const root = mkdtempSync(join(tmpdir(), 'codecell-installs-'))
const environment = cleanEnvironment()
const skipped = []
try {
  const [{ filename }] = JSON.parse(run(['npm', 'pack', '--json', '--pack-destination', root], process.cwd()))
  const tarball = resolve(root, filename)
  for (const project of projects) checkProject(project, tarball)
  checkBundle(join(root, 'npm'))
  checkMissingBinary(join(root, 'npm'))
  checkOtherNodes(join(root, 'npm'), tarball)
  for (const name of skipped) console.log(`${name} is not available from the registry; skipping its checks`)
  if (skipped.length > 0 && process.env.CI === 'true') process.exitCode = 1
} finally {
  rmSync(root, { recursive: true, force: true })
}

function checkProject({ manager, packages }, tarball) {
  const startedAt = performance.now()
  if (attempt(managers[manager].version, root).status !== 0) {
    skipped.push(manager)
    return
  }
  const folder = join(root, manager)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "version": "1.0.0", "private": true }')
  run([...managers[manager].add, ...packages], folder)
  run([...managers[manager].add, manager === 'npm' ? tarball : `file:${tarball}`], folder)
  expect(run([process.execPath, '--input-type=module', '-e', use("import('NAME')")], folder), expectedUse(folder))
  expect(run([process.execPath, '-e', use("require('NAME')")], folder), expectedUse(folder))
  const doctor = run(['npx', '--no-install', 'codecell', 'doctor'], folder)
  includes(doctor, 'A host in the default profile runs a cell')
  includes(doctor, `TypeScript ${versionOf(folder, 'typescript')} is installed, and type notes need TypeScript 7`)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  console.log(`${manager}: codecell works with ${packages.join(', ')} (${seconds} s)`)
}

/** Returns a program that loads every entry, runs a cell, and prints the errors of integrations for the installed versions. */
function use(load) {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8'))
  // The others are for platforms without Node, or no modules.
  const names = Object.keys(exports).flatMap((name) => (exports[name].require ? [`codecell${name.slice(1)}`] : []))
  const entries = names.filter((name) => name !== 'codecell/in-process')
  return `void (async () => {
    const { createSession } = await ${load.replace('NAME', 'codecell')}
    const session = await createSession()
    const { items } = await session.execute('const n: number = 6; text(n * 7)')
    await session.close()
    console.log(items[0].text)
    const loaded = {${entries.map((name) => `'${name}': await ${load.replace('NAME', name)}`).join(', ')}}
    for (const name of ['codecell/ai-sdk', 'codecell/openai-agents']) {
      await loaded[name].codeMode().catch(({ code, message }) => console.log(code, message))
    }
  })()`
}

function expectedUse(folder) {
  const integrations = [
    ['codecell/ai-sdk', 'ai', '7'],
    ['codecell/openai-agents', '@openai/agents', '0.20'],
  ].map(([entry, name, version]) => {
    const found = versionOf(folder, name)
    const install = `run npm install ${name}@${version}`
    return found === null
      ? `PACKAGE_MISSING Cannot use "${entry}": expected the package "${name}"; ${install}`
      : `PACKAGE_UNSUPPORTED Cannot use "${entry}" with "${name}" ${found}: expected version ${version}; ${install}`
  })
  return `42\n${integrations.join('\n')}\n`
}

/** Checks esbuild in both formats: the error in a bundle names the setting, and codecell works with that setting. */
function checkBundle(folder) {
  run([...npmInstall, 'esbuild'], folder)
  const source = `import { createSession } from 'codecell'
    createSession().then(async (session) => {
      console.log((await session.execute('text(42)')).items[0].text)
      await session.close()
    }, ({ code, message }) => console.log(code, message))`
  writeFileSync(join(folder, 'main.mjs'), source)
  for (const format of ['esm', 'cjs']) {
    const file = `out.${format === 'esm' ? 'mjs' : 'cjs'}`
    const build = ['npx', '--no-install', 'esbuild', 'main.mjs', '--bundle', '--platform=node', '--log-level=error']
    const output = [`--format=${format}`, `--outfile=${file}`, '--external:isolated-vm']
    run([...build, ...output, '--log-override:empty-import-meta=silent'], folder)
    includes(run([process.execPath, file], folder), 'HOST_START_FAILED Cannot start a host: cannot find')
    includes(run([process.execPath, file], folder), 'esbuild `external: ["codecell"]`')
    run([...build, ...output, '--external:codecell'], folder)
    expect(run([process.execPath, file], folder), '42\n')
  }
  console.log('esbuild: the error names the setting, and with it codecell works')
}

function checkMissingBinary(folder) {
  const file = supported.binaryFile(supported.currentRuntime())
  rmSync(join(folder, 'node_modules', 'isolated-vm', file))
  const { status, stdout } = attempt(['npx', '--no-install', 'codecell', 'doctor'], folder)
  expect(status, 0)
  includes(stdout, 'Engine "auto" takes QuickJS')
  includes(stdout, `note    isolated-vm has no binary ${file} for Node ${process.versions.node}`)
  console.log('doctor: the report names a missing binary, and cells run on QuickJS')
}

/** Checks an older Node of this machine: the installation compiles nothing and runs no script, and every import names the Node to use. */
function checkOtherNodes(folder, tarball) {
  const folders = (environment.PATH ?? '').split(delimiter).slice(1)
  for (const node of folders.map((place) => join(place, 'node')).filter((program) => existsSync(program))) {
    const version = run([node, '-p', 'process.versions.node'], folder).trim()
    if (Number(version.split('.')[0]) >= 22) continue
    const empty = join(root, `node-${version}`)
    mkdirSync(empty)
    writeFileSync(join(empty, 'package.json'), '{ "private": true }')
    const path = `${dirname(node)}${delimiter}${environment.PATH}`
    const install = ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--foreground-scripts', tarball]
    const { status, stdout, stderr } = attempt(install, empty, { ...environment, PATH: path })
    if (status !== 0 || /node-gyp|install-scripts/.test(stdout + stderr)) throw new Error(stdout + stderr)
    expect(existsSync(join(empty, 'node_modules', 'isolated-vm')), false)
    const sentence = `codecell does not run in Node ${version}: it needs ${supported.wanted}`
    includes(attempt([node, '-e', "require('codecell')"], empty).stderr, sentence)
    console.log(`Node ${version}: the installation runs no script, and the import is refused with one error`)
    return
  }
}

function versionOf(folder, name) {
  const manifest = join(folder, 'node_modules', name, 'package.json')
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : null
}

/** The environment without the variables of `npm run`, and with the registry of the machine for every package manager. */
function cleanEnvironment() {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_(?!config_(?:cache|userconfig))|INIT_CWD)/i.test(name),
  )
  const path = (process.env.PATH ?? '').split(delimiter).filter((place) => !place.includes('node_modules'))
  const shown = spawnSync('npm', ['config', 'get', 'registry'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  const registry = shown.stdout.trim()
  return {
    ...Object.fromEntries(kept),
    PATH: [dirname(process.execPath), ...path].join(delimiter),
    npm_config_registry: registry,
    pnpm_config_registry: registry,
    YARN_REGISTRY: registry,
  }
}

function attempt([command, ...args], cwd, env = environment) {
  return spawnSync(command, args, { cwd, env, encoding: 'utf8', shell: process.platform === 'win32' })
}

function run(command, cwd) {
  const { status, stdout, stderr } = attempt(command, cwd)
  if (status !== 0) throw new Error(`"${command.join(' ')}" ended with code ${status}:\n${stdout}${stderr}`)
  return stdout
}

function expect(actual, expected) {
  if (actual !== expected) throw new Error(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`)
}

function includes(text, part) {
  if (!text.includes(part)) throw new Error(`expected ${JSON.stringify(part)} in ${text}`)
}
