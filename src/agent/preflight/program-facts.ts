import { threadCpuMs } from '../../tools/validation/thread-cpu-time.ts'
import type { Program } from 'acorn'
import {
  childListOf,
  childOf,
  memberNameOf,
  methodCallOf,
  nameOf,
  type NodePath,
  nodePathsOf,
  textOf,
} from './syntax-tree.ts'

/** A call `tools.name(…)`. */
export type ToolCall = { readonly name: string; readonly path: NodePath }

/** The facts about a whole program that a verdict on one of its calls needs. */
export type ProgramFacts = {
  readonly calls: readonly ToolCall[]
  /** Names of `tools` that the program reads without a call, for example to test whether they exist. */
  readonly asked: ReadonlySet<string>
  /** Whether the program catches errors or rejections. */
  readonly handlesErrors: boolean
  /** Whether the program uses iterators. */
  readonly hasIterators: boolean
  /** The number of declarations of each name. */
  readonly declarations: ReadonlyMap<string, number>
  /** Returns whether the analysis has reached its maximum duration. Some programs would take forever. */
  readonly isOutOfTime: boolean
  /** The uses of each name. */
  readonly uses: ReadonlyMap<string, readonly NodePath[]>
}

/** Names with which a program can add a tool or end early in ways that this analysis cannot follow. */
const powerfulNames = new Set([
  'globalThis',
  'eval',
  'Function',
  'constructor',
  'prototype',
  '__proto__',
  'getPrototypeOf',
  'setPrototypeOf',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  'exit',
])

/** Maximum CPU time of an analysis after parsing, in milliseconds. */
const maxAnalysisMs = 100

const handlerNames = new Set(['catch', 'allSettled', 'any', 'race', 'as_settled', 'stream_settled'])

/** Returns null for a program that changes `tools`, passes it on, or could do so: then nothing is certain. */
export function factsOf(program: Program): ProgramFacts | null {
  const collector = new FactCollector()
  for (const path of nodePathsOf(program)) if (!collector.visit(path)) return null
  return collector
}

class FactCollector implements ProgramFacts {
  readonly calls: ToolCall[] = []
  readonly asked = new Set<string>()
  readonly declarations = new Map<string, number>()
  readonly uses = new Map<string, NodePath[]>()
  handlesErrors = false
  hasIterators = false

  readonly #deadline = threadCpuMs() + maxAnalysisMs

  get isOutOfTime(): boolean {
    return threadCpuMs() > this.#deadline
  }

  /** Returns false when nothing is certain about the program. */
  visit(path: NodePath): boolean {
    const { node } = path
    switch (node.type) {
      case 'Identifier':
      case 'Literal':
      case 'TemplateLiteral':
        return this.#visitWord(path)
      case 'CallExpression':
        if (isTwoArmedThen(path)) this.handlesErrors = true
        if (isIteratorCall(path)) this.hasIterators = true
        return true
      case 'CatchClause':
        this.handlesErrors = true
        return true
      default:
        if (node['generator'] === true) this.hasIterators = true
        return true
    }
  }

  #visitWord(path: NodePath): boolean {
    const text = nameOf(path.node) ?? textOf(path.node)
    if (text === null) return true
    if (powerfulNames.has(text)) return false
    if (handlerNames.has(text)) this.handlesErrors = true
    if (text === 'Iterator') this.hasIterators = true
    if (path.node.type !== 'Identifier' || isNameOfMember(path)) return true
    if (isDeclaration(path)) {
      this.declarations.set(text, (this.declarations.get(text) ?? 0) + 1)
      return text !== 'tools'
    }
    const uses = this.uses.get(text)
    if (uses === undefined) this.uses.set(text, [path])
    else uses.push(path)
    return text !== 'tools' || this.#visitTools(path)
  }

  #visitTools({ parent: member, field }: NodePath): boolean {
    if (member === null || member.node.type !== 'MemberExpression' || field !== 'object') return false
    const above = member.parent
    const name = memberNameOf(member.node)
    const isOptional = member.node['optional'] === true || above?.node['optional'] === true
    if (above?.node.type === 'CallExpression' && member.field === 'callee' && !isOptional) {
      if (name !== null) this.calls.push({ name, path: above })
      return true
    }
    if (above === null || isWrite(member)) return false
    if (name !== null) this.asked.add(name)
    return true
  }
}

function isTwoArmedThen({ node }: NodePath): boolean {
  return methodCallOf(node)?.method === 'then' && childListOf(node, 'arguments').length > 1
}

/** Matches `list.values()`, but not `Object.values(list)`, which returns an array. */
function isIteratorCall({ node }: NodePath): boolean {
  const call = methodCallOf(node)
  if (call === null || call.object === 'Object') return false
  return ['values', 'keys', 'entries', 'matchAll'].includes(call.method ?? '')
}

/** Returns whether a name is a key, a property or a label, and not a variable. */
function isNameOfMember({ node, field, parent }: NodePath): boolean {
  if (parent === null) return false
  const { type, computed, shorthand } = parent.node
  if (type === 'MemberExpression') return field === 'property' && computed !== true
  if (type === 'MetaProperty' || type === 'LabeledStatement' || type === 'BreakStatement') return field !== 'body'
  if (type === 'ContinueStatement' || type === 'ExportSpecifier' || type === 'ImportSpecifier') return true
  const isKeyed = type === 'Property' || type === 'MethodDefinition' || type === 'PropertyDefinition'
  // `{ a }` has the name twice, as the key and as the value. The value counts.
  return (
    isKeyed && field === 'key' && computed !== true && (shorthand !== true || childOf(parent.node, 'value') !== node)
  )
}

const functions = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])
const patterns = new Set(['ObjectPattern', 'ArrayPattern', 'RestElement', 'AssignmentPattern', 'Property'])

/** Includes assignments to a plain name, which replace the declared value. */
function isDeclaration(path: NodePath): boolean {
  let { field, parent } = path
  while (parent !== null && patterns.has(parent.node.type)) {
    if (parent.node.type === 'AssignmentPattern' && field === 'right') return false
    if (parent.node.type === 'Property' && parent.parent?.node.type !== 'ObjectPattern') return false
    field = parent.field
    parent = parent.parent
  }
  if (parent === null) return false
  const { type } = parent.node
  if (functions.has(type)) return field === 'params' || field === 'id'
  if (type === 'VariableDeclarator' || type === 'ClassDeclaration' || type === 'ClassExpression') return field === 'id'
  if (type === 'AssignmentExpression' || type === 'ForOfStatement' || type === 'ForInStatement') return field === 'left'
  return type === 'CatchClause' || type === 'UpdateExpression' || type.startsWith('Import')
}

/** Returns whether `tools.name` is assigned, deleted, or a target of destructuring. */
function isWrite(member: NodePath): boolean {
  const { field, parent } = member
  if (parent === null) return true
  const { type, operator } = parent.node
  if (type === 'AssignmentExpression' || type === 'ForOfStatement' || type === 'ForInStatement') return field === 'left'
  if (type === 'UnaryExpression') return operator === 'delete'
  if (type === 'Property') return parent.parent?.node.type === 'ObjectPattern' && field === 'value'
  return type === 'UpdateExpression' || patterns.has(type)
}
