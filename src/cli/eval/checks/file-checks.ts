import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import type { FileCheck, FilesCheck } from '../tasks/task.ts'
import { jsonEqual } from '../values/json-equal.ts'
import { failed, passed, shown, type Verdict } from './run-end.ts'

export function checkFile({ path, expected }: FileCheck, folder: string): Verdict {
  const text = textOf(join(folder, path))
  if (expected.form === 'exists') {
    if ((text !== null) === expected.exists) return passed
    return failed(`expected that the file ${path} ${expected.exists ? 'exists' : 'does not exist'}`)
  }
  if (text === null) return failed(`expected the file ${path}, which does not exist`)
  const wrong = (what: string): Verdict => failed(`expected the file ${path} ${what}, got ${shown(text)}`)
  switch (expected.form) {
    case 'equals':
      // A newline at the end is a matter of taste.
      return text.trimEnd() === expected.text.trimEnd() ? passed : wrong(`with ${shown(expected.text)}`)
    case 'contains': {
      const missing = expected.texts.filter((one) => !text.includes(one))
      return missing.length === 0 ? passed : wrong(`to contain ${missing.map(shown).join(' and ')}`)
    }
    case 'matches':
      return expected.pattern.test(text) ? passed : wrong(`to match ${expected.pattern.source}`)
    case 'json': {
      const value = parsed(text)
      return value !== undefined && jsonEqual(value, expected.json) ? passed : wrong(`with ${shown(expected.json)}`)
    }
    default:
      return expected satisfies never
  }
}

export function checkFiles({ path, names }: FilesCheck, folder: string): Verdict {
  const root = join(folder, path)
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return failed(`expected the folder ${path}, which does not exist`)
  }
  const found = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .toSorted()
  if (found.join('\n') === names.join('\n')) return passed
  const missing = names.filter((name) => !found.includes(name))
  const surplus = found.filter((name) => !names.includes(name))
  return failed(`the files in ${path} differ: missing ${shown(missing)}, not expected ${shown(surplus)}`)
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
