import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

export const site: URL = new URL('../../site/', import.meta.url)

/** Installs the dependencies of the site if they are missing or differ from its lock file. */
export function installSite(): void {
  const marker = new URL('node_modules/.codecell-site', site)
  const lock = createHash('sha256')
    .update(readFileSync(new URL('package-lock.json', site)))
    .digest('hex')
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lock) return
  const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  console.error('Installing the dependencies of the site …')
  execFileSync('npm', ['ci', ...options], { cwd: site, stdio: 'inherit', shell: process.platform === 'win32' })
  writeFileSync(marker, lock)
}
