import { globSync, readFileSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { parse, type Pattern } from 'acorn'
import { expect, test } from 'vitest'
import { assemblePrelude, partsOf, startupFunctionsOf } from '../engine/prelude-script.ts'
import { v8Prelude } from './v8-prelude.ts'

test('the prelude has neither imports nor exports nor names of constants of the host', () => {
  expect(assemblePrelude(v8Prelude)).not.toMatch(/^(?:import|export)\b|\b(?:\w+Kinds|locationScopes|ringLayout)\b/m)
})

test('every module of the prelude is one of its parts', () => {
  const files = globSync(['src/host/prelude/**/*.js', 'src/host/v8/prelude/*.js'])
  const modules = files.map((file) => relative('src/host', file).replaceAll(sep, '/').slice(0, -'.js'.length))
  expect(partsOf(v8Prelude).toSorted()).toEqual(modules.toSorted())
})

test('the common parts import nothing from an engine', () => {
  for (const file of globSync('src/host/prelude/**/*.js')) {
    expect(readFileSync(file, 'utf8')).not.toMatch(/from '.*v8/)
  }
})

test('every name of the prelude is declared once', () => {
  const names = declaredNames()
  expect(names.length).toBeGreaterThan(100)
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
})

test.each(startupFunctionsOf(v8Prelude))(
  'the function %s is compiled together with the prelude, before its first call',
  (name) => {
    const prelude = assemblePrelude(v8Prelude)
    const definition = prelude.indexOf(`\nvar ${name} = (function ${name}(`)
    expect(definition).toBeGreaterThan(0)
    // A call outside of all functions has no indentation.
    const call = prelude.search(new RegExp(`^(?:if .*|for .*)?${name}\\(`, 'm'))
    if (call !== -1) expect(call).toBeGreaterThan(definition)
  },
)

/** Returns the names of all declarations directly in the function that is the prelude. */
function declaredNames(): readonly string[] {
  const program = parse(assemblePrelude(v8Prelude), { ecmaVersion: 'latest', sourceType: 'script' })
  const install = program.body.find(
    (statement) => statement.type === 'ExpressionStatement' && !('directive' in statement),
  )
  if (install?.type !== 'ExpressionStatement' || install.expression.type !== 'FunctionExpression') return []
  return install.expression.body.body.flatMap((statement) => {
    if (statement.type === 'FunctionDeclaration') return [statement.id.name]
    return statement.type === 'VariableDeclaration' ? statement.declarations.flatMap(({ id }) => namesIn(id)) : []
  })
}

function namesIn(pattern: Pattern): readonly string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name]
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) => (property.type === 'Property' ? namesIn(property.value) : []))
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => (element === null ? [] : namesIn(element)))
    default:
      return []
  }
}
