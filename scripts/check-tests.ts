import { globSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import {
  childListOf,
  childOf,
  memberNameOf,
  methodCallOf,
  nameOf,
  parseModule,
  nodePathsBelow,
  nodePathsOf,
  textOf,
  type SyntaxNode,
} from '../src/agent/preflight/syntax-tree.ts'
import { engineDifferences } from '../test/support/engine-differences.ts'

// node scripts/check-tests.ts
// Checks the rules of docs/testing.md that a program can check.

type Finding = { readonly at: SyntaxNode; readonly text: string }

const helpers: ReadonlyMap<string, string> = new Map([
  ['texts', 'textsOf() of test/support/texts.ts'],
  ['textsOf', 'textsOf() of test/support/texts.ts'],
  ['startCli', 'startCli() of test/support/cli.ts'],
  ['runCli', 'runCli() of test/support/cli.ts'],
])

const files = globSync(['src/**/*.test.ts', 'test/**/*.ts']).filter((file) => !/^test.support/.test(file))
const reports = [...files.toSorted().flatMap(reportsOf), ...differenceReports()]
for (const report of reports) console.error(report)
if (reports.length > 0) process.exitCode = 1

function reportsOf(file: string): string[] {
  const source = readFileSync(file, 'utf8')
  // Types become spaces, so lines keep their numbers.
  const program = parseModule(stripTypeScriptTypes(source))
  if (program === null) return [`${file}: syntax error`]
  const nodes = [...nodePathsOf(program)].map(({ node }) => node)
  const findings = [...helperFindings(nodes), ...titleFindings(nodes, source), ...pauseFindings(nodes, source)]
  return findings.map(({ at, text }) => `${file}:${lineOf(at, source)}: ${text}`)
}

function lineOf({ start }: SyntaxNode, source: string): number {
  return source.slice(0, start).split('\n').length
}

/** Compares the uses of each difference of QuickJS with their number on record. */
function differenceReports(): string[] {
  const sources = files.map((file) => readFileSync(file, 'utf8')).join('\n')
  return Object.entries(engineDifferences).flatMap(([name, { uses }]) => {
    const found = sources.matchAll(new RegExp(String.raw`\b(?:forV8|perEngine)\b[^(]*\(\s*'${name}'`, 'g'))
    const count = [...found].length
    const text = `test/support/engine-differences.ts: expected ${uses} uses of '${name}' in tests, found ${count}`
    return count === uses ? [] : [text]
  })
}

/** Finds copies of shared helpers. */
function helperFindings(nodes: readonly SyntaxNode[]): Finding[] {
  return nodes.flatMap((at) => {
    const name = nameOf(childOf(at, 'id')) ?? ''
    const isGate = at.type === 'ClassDeclaration' && /^Gate$/.test(name)
    const shared = isGate ? 'Gate of test/support/gate.ts' : declaresFunction(at) ? helpers.get(name) : undefined
    if (isBinaryUnit(at)) return [{ at, text: 'use anyCharacter of test/support/any-character.ts' }]
    return shared === undefined ? [] : [{ at, text: `use ${shared}` }]
  })
}

/** Whether a node is `{ unit: 'binary' }` for `fc.string`, which takes a second. */
function isBinaryUnit(node: SyntaxNode): boolean {
  if (node.type !== 'Property') return false
  return nameOf(childOf(node, 'key')) === 'unit' && textOf(childOf(node, 'value')) === 'binary'
}

function declaresFunction(node: SyntaxNode): boolean {
  if (node.type === 'FunctionDeclaration') return true
  const value = node.type === 'VariableDeclarator' ? childOf(node, 'init')?.type : undefined
  return value === 'ArrowFunctionExpression' || value === 'FunctionExpression'
}

/** Finds titles that have no words except the values of their row. */
function titleFindings(nodes: readonly SyntaxNode[], source: string): Finding[] {
  return nodes.flatMap((node) => {
    const callee = node.type === 'CallExpression' ? childOf(node, 'callee') : null
    const [at] = childListOf(node, 'arguments')
    if (callee === null || at === undefined || !isEach(callee)) return []
    const isText = textOf(at) !== null || at.type === 'TemplateLiteral'
    const words = source.slice(at.start, at.end).replaceAll(/%[sdifjoOc#$%]|\$\{[^}]*\}|\$[\w.#]+|\\./g, '')
    return isText && !/\p{L}/u.test(words) ? [{ at, text: 'the title has no words except values' }] : []
  })
}

/** Whether a callee is `test.each(…)`, `describe.each(…)`, or one of them with conditions. */
function isEach(node: SyntaxNode): boolean {
  const callee = node.type === 'CallExpression' ? childOf(node, 'callee') : null
  return callee?.type === 'MemberExpression' && ['each', 'for'].includes(memberNameOf(callee) ?? '')
}

/** Finds pauses without a reason in a comment above them. */
function pauseFindings(nodes: readonly SyntaxNode[], source: string): Finding[] {
  const lines = source.split('\n')
  const pauses = importedPauses(nodes)
  return nodes
    .filter((node) => isPause(node, pauses))
    .filter((node) => !hasReason(lines, lineOf(node, source)))
    .map((at) => ({ at, text: 'wait for an event, or state the reason: // waits because …' }))
}

/** Returns the names under which a file imports `setTimeout` of `node:timers/promises`. */
function importedPauses(nodes: readonly SyntaxNode[]): ReadonlySet<string> {
  const imports = nodes.filter((node) => node.type === 'ImportDeclaration')
  const ofTimers = imports.filter((node) => textOf(childOf(node, 'source')) === 'node:timers/promises')
  const specifiers = ofTimers.flatMap((node) => childListOf(node, 'specifiers'))
  const pauses = specifiers.filter((node) => nameOf(childOf(node, 'imported')) === 'setTimeout')
  return new Set(pauses.flatMap((node) => nameOf(childOf(node, 'local')) ?? []))
}

function isPause(node: SyntaxNode, pauses: ReadonlySet<string>): boolean {
  if (node.type === 'NewExpression' && nameOf(childOf(node, 'callee')) === 'Promise') {
    return [...nodePathsBelow(node)].some(({ node: inner }) => calledName(inner) === 'setTimeout')
  }
  const { object, method } = methodCallOf(node) ?? {}
  return (object === 'AbortSignal' && method === 'timeout') || pauses.has(calledName(node) ?? '')
}

function calledName(node: SyntaxNode): string | null {
  return node.type === 'CallExpression' ? nameOf(childOf(node, 'callee')) : null
}

/** Whether the comment above a line has the reason. Lines start at 1. */
function hasReason(lines: readonly string[], line: number): boolean {
  const above = lines.slice(0, line - 1)
  const comment = above.slice(above.findLastIndex((text) => !/^\s*\/\//.test(text)) + 1)
  return comment.some((text) => /^\s*\/\/ waits because /i.test(text))
}
