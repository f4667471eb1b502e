import ts from '@typescript/typescript6'
import { describe, expect, test } from 'vitest'
import { readLibraries } from '../../scripts/library-texts.ts'
import { cellLibraries, localeLibraries } from '../../src/declarations/cell-libraries.ts'
import { createSession } from '../../src/index.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'

const libraries = readLibraries()

/** A declared name: a global, its static member, or a member of its prototype. */
type Declared = readonly [name: string, member?: string, isOfPrototype?: boolean]

/** Members that each instance has, and not the prototype; and parts of RegExp that are deprecated. */
const ofInstances = /^(?:stack|cause|error|errors|suppressed|next|return|throw|prototype|lastIndex)$/
const deprecated = /^(?:\$.|input|lastMatch|lastParen|leftContext|rightContext)$/

function declaredNames(names: readonly string[]): Declared[] {
  const host: ts.CompilerHost = {
    ...ts.createCompilerHost({}),
    getSourceFile: (name, target) => {
      const text = name === '/cell.ts' ? 'export {}' : libraries[name.slice(name.lastIndexOf('/') + 1)]
      return text === undefined ? undefined : ts.createSourceFile(name, text, target)
    },
    fileExists: (name) => name === '/cell.ts',
  }
  const lib = names.map((name) => `lib.${name}.d.ts`)
  const program = ts.createProgram(['/cell.ts'], { target: ts.ScriptTarget.ESNext, lib, types: [] }, host)
  const file = program.getSourceFile('/cell.ts')
  if (file === undefined) throw new Error('the program has no file')
  const checker = program.getTypeChecker()
  const membersOf = (symbol: ts.Symbol): readonly ts.Symbol[] =>
    checker.getPropertiesOfType(checker.getTypeOfSymbolAtLocation(symbol, file))
  return checker
    .getSymbolsInScope(file, ts.SymbolFlags.Value)
    .flatMap((symbol): Declared[] => [
      [symbol.name],
      ...membersOf(symbol).flatMap((member): Declared[] =>
        member.name === 'prototype'
          ? membersOf(member).map((one) => [symbol.name, nameOf(one), true])
          : [[symbol.name, nameOf(member)]],
      ),
    ])
}

/** Well-known symbols are members such as `@iterator`. */
function nameOf(symbol: ts.Symbol): string {
  const name = ts.symbolName(symbol)
  return name.startsWith('__@') ? name.slice(2).replace(/@\d+$/, '') : name
}

/** Returns a program that prints which of the names do not exist. */
function programFor(names: readonly Declared[]): string {
  return `
    const names = ${JSON.stringify(names)}
    const keyOf = (name) => (name.startsWith('@') ? Symbol[name.slice(1)] : name)
    const isMissing = ([name, member, isOfPrototype]) => {
      if (!(name in globalThis)) return member === undefined
      if (member === undefined) return false
      const owner = isOfPrototype ? Object(globalThis[name]).prototype : globalThis[name]
      return !(keyOf(member) in Object(owner))
    }
    text(names.filter(isMissing).map((name) => name.slice(0, 2).join('.')).join(' '))`
}

describe.each([
  ['default', [...cellLibraries, ...localeLibraries]],
  ['quickjs', cellLibraries],
] as const)('the libraries of a cell with %s hosts', (kind, names) => {
  const declared = declaredNames(names).filter(
    ([name, member = '']) =>
      !ofInstances.test(member) &&
      !(name === 'RegExp' && deprecated.test(member)) &&
      !(kind === 'quickjs' && isIntl(name, member)),
  )

  test('each declared name exists in a cell', async () => {
    await using session = await createSession({ hosts: sharedHosts(kind) })
    expect(declared.length).toBeGreaterThan(900)
    expect(textsOf(await session.execute(programFor(declared)))).toEqual([''])
  })

  test('each ECMAScript global of a cell is declared', async () => {
    await using session = await createSession({ hosts: sharedHosts(kind) })
    const [globals = ''] = textsOf(await session.execute('text(Object.getOwnPropertyNames(globalThis).join(" "))'))
    const known = new Set(declared.map(([name]) => name))
    const unknown = globals.split(' ').filter((name) => !known.has(name))
    expect(unknown.filter((name) => /^[A-Z]/.test(name))).toEqual(['ALL_TOOLS'])
  })
})

/** The types of `Intl` belong to the signatures of other methods. */
function isIntl(name: string, member: string): boolean {
  return name === 'Intl' || member === 'Intl'
}
