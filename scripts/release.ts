import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { packageVersion } from '../src/installation/package-version.ts'
import { isRecord } from '../src/protocol/json.ts'
import { releaseProblems, type ReleaseState } from './release/release-problems.ts'

// Publishes the version of package.json: checks the clone, checks the package, publishes it and tags the commit. With `--dry-run` it
// publishes nothing. The registry accepts the provenance only from a CI workflow.
const isDryRun = process.argv.includes('--dry-run')
const unknown = process.argv.slice(2).filter((argument) => argument !== '--dry-run')
if (unknown.length > 0) fail([`unknown argument "${unknown[0]}"; expected "--dry-run" or none`])

const problems = releaseProblems(stateOfClone())
if (problems.length > 0) fail(problems)
run('npm', ['run', 'pack:check'])
if (isDryRun) {
  run('npm', ['publish', '--dry-run', '--ignore-scripts', '--provenance=false'])
} else {
  run('npx', ['changeset', 'publish'])
  console.log('Published. Push the tag: git push --follow-tags')
}

function stateOfClone(): ReleaseState {
  const manifest = jsonOf('package.json')
  const { repository } = manifest
  return {
    version: stringOf(manifest['version']),
    reportedVersion: packageVersion,
    lockedVersion: stringOf(jsonOf('package-lock.json')['version']),
    repository: isRecord(repository) ? stringOf(repository['url']) : '',
    origin: git('remote', 'get-url', 'origin'),
    // A workflow checks out a commit, and names the branch.
    branch: process.env['GITHUB_REF_NAME'] ?? git('branch', '--show-current') ?? '',
    changedFiles: linesOf(git('status', '--porcelain')).map((line) => line.slice(3)),
    pendingChangesets: readdirSync('.changeset').filter((name) => name.endsWith('.md') && name !== 'README.md'),
    changelog: readFileSync('CHANGELOG.md', 'utf8'),
    tags: linesOf(git('tag', '--list')),
  }
}

function jsonOf(file: string): Record<string, unknown> {
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'))
  return isRecord(parsed) ? parsed : {}
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function linesOf(output: string | null): string[] {
  return (output ?? '').split('\n').filter((line) => line !== '')
}

/** Returns null when the command fails, such as for a remote that does not exist. */
function git(...args: string[]): string | null {
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8' })
  return status === 0 ? stdout.trimEnd() : null
}

function run(command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) fail([`"${[command, ...args].join(' ')}" ended with code ${status}`])
}

function fail(reasons: readonly string[]): never {
  for (const reason of reasons) console.error(`Cannot release: ${reason}`)
  process.exit(1)
}
