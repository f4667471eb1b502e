import { readdirSync, readFileSync } from 'node:fs'
import type { ConformanceCase } from './case.ts'
import { parseCaseFile } from './parse-case.ts'

const folder = new URL('cases/', import.meta.url)

/** Loads all cases of the directory `cases`, in the order of the files and of the cases in them. */
export function loadCases(): readonly ConformanceCase[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return names.toSorted().flatMap((name) => parseCaseFile(readFileSync(new URL(name, folder), 'utf8')))
}
