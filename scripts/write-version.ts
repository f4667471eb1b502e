import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { isRecord } from '../src/protocol/json.ts'

// Copies the version of package.json to the module that the package reports it from, and to package-lock.json. `npm run version` runs
// it after `changeset version`, which changes package.json only.
const manifest: unknown = JSON.parse(readFileSync('package.json', 'utf8'))
const version = isRecord(manifest) ? manifest['version'] : undefined
if (typeof version !== 'string') throw new Error('Cannot write the version: package.json has none')

const file = 'src/installation/package-version.ts'
writeFileSync(file, readFileSync(file, 'utf8').replace(/(packageVersion = ')[^']*'/, `$1${version}'`))
const { status } = spawnSync('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
})
process.exitCode = status ?? 1
