import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from '@typescript/typescript6'
import { cellLibraries, localeLibraries } from '../src/declarations/cell-libraries.ts'

/** The part of the interface of plugins that Rolldown and Vite share. */
type LibraryPlugin = {
  readonly name: string
  readonly resolveId: (id: string) => string | null
  readonly load: (id: string) => string | null
}

/** The module with the declarations of the ECMAScript of a cell. */
export function libraryTexts(): LibraryPlugin {
  const id = 'virtual:cell-libraries'
  return {
    name: 'cell-libraries',
    resolveId: (wanted) => (wanted === id ? `\0${id}` : null),
    load: (wanted) => (wanted === `\0${id}` ? `export default ${JSON.stringify(readLibraries())}` : null),
  }
}

/** Returns the libraries of a cell and those that they reference, by the names of their files. */
export function readLibraries(): Readonly<Record<string, string>> {
  const folder = dirname(ts.getDefaultLibFilePath({}))
  const texts: Record<string, string> = {}
  const waiting = [...cellLibraries, ...localeLibraries]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const file = `lib.${name}.d.ts`
    if (Object.hasOwn(texts, file)) continue
    const text = readFileSync(join(folder, file), 'utf8')
    texts[file] = text.replace(/^\/\*![^]*?\*\/\s*/, '')
    for (const [, referenced = ''] of text.matchAll(/^\/\/\/ <reference lib="([^"]+)"/gm)) waiting.push(referenced)
  }
  return texts
}
