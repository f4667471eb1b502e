import { existsSync, globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { packageVersion } from '../../src/installation/package-version.ts'
import { isRecord } from '../../src/protocol/json.ts'

const manifest = jsonOf('package.json')
const repository = 'https://github.com/codecell/codecell'

test('the manifest names the repository, its tracker and the license', () => {
  const { homepage, bugs, license, publishConfig } = manifest
  expect({ homepage, bugs, license, publishConfig, repository: manifest['repository'] }).toEqual({
    homepage: `${repository}#readme`,
    bugs: { url: `${repository}/issues` },
    license: 'Apache-2.0',
    publishConfig: { access: 'public', provenance: true },
    repository: { type: 'git', url: `git+${repository}.git` },
  })
})

test('the package reports the version of its manifest and lock, and the changelog describes it', () => {
  const versions = [packageVersion, jsonOf('package-lock.json')['version']]
  expect(versions).toEqual([manifest['version'], manifest['version']])
  expect(readFileSync('CHANGELOG.md', 'utf8')).toContain(`\n## ${packageVersion}`)
})

test('the templates of the tracker ask for a program and the versions', () => {
  const required = Object.fromEntries(
    ['bug', 'feature', 'difference'].map((name) => [name, requiredFields(`.github/ISSUE_TEMPLATE/${name}.yml`)]),
  )
  expect(required).toEqual({
    bug: ['what', 'reproduction', 'doctor', 'versions'],
    feature: ['goal', 'today'],
    difference: ['program', 'codex', 'codecell', 'versions'],
  })
})

test('each npm script and file that a workflow runs exists', () => {
  const scripts = Object.keys(isRecord(manifest['scripts']) ? manifest['scripts'] : {})
  const commands = globSync('.github/workflows/*.yml').flatMap((file) => commandsOf(parse(readFileSync(file, 'utf8'))))
  const named = commands.flatMap((command) => /npm run ([\w:]+)/.exec(command)?.[1] ?? [])
  const files = commands.flatMap((command) => /(?:^|\s)(\.ci\/\w+|scripts\/\S+)/.exec(command)?.[1] ?? [])
  expect({ commands: commands.length > 3, named, files }).toEqual({
    commands: true,
    named: ['release'],
    files: ['.ci/run', 'scripts/setup.mjs'],
  })
  expect(named.filter((name) => !scripts.includes(name))).toEqual([])
  expect(files.filter((file) => !existsSync(file))).toEqual([])
})

function jsonOf(file: string): Record<string, unknown> {
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (!isRecord(parsed)) throw new Error(`expected an object in ${file}`)
  return parsed
}

function requiredFields(file: string): unknown[] {
  const form: unknown = parse(readFileSync(file, 'utf8'))
  const body = isRecord(form) && Array.isArray(form['body']) ? form['body'] : []
  return body.flatMap((field: unknown) =>
    isRecord(field) && isRecord(field['validations']) && field['validations']['required'] === true ? [field['id']] : [],
  )
}

/** Returns the commands of all steps of a workflow. */
function commandsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(commandsOf)
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([key, part]) =>
    key === 'run' && typeof part === 'string' ? [part] : commandsOf(part),
  )
}
