import type { Program } from 'acorn'
import {
  childListOf,
  childOf,
  memberNameOf,
  methodCallOf,
  nameOf,
  type Place,
  placesOf,
  textOf,
} from './syntax-tree.ts'

/** A call `tools.name(…)`. */
export type ToolCall = { readonly name: string; readonly place: Place }

/** What has to be known about a whole program before anything can be said about one of its calls. */
export type ProgramFacts = {
  readonly calls: readonly ToolCall[]
  /** Names of `tools` that the program looks at without calling them: it may ask whether they are there. */
  readonly asked: ReadonlySet<string>
  /** Whether it catches errors or rejections anywhere. */
  readonly handlesErrors: boolean
  /** Whether it has to do with iterators. */
  readonly hasIterators: boolean
  /** How often each name is declared. */
  readonly declarations: ReadonlyMap<string, number>
  /** Looking has taken long enough: programs can be written so that it never ends. */
  readonly isOutOfTime: boolean
  /** Where each name is used. */
  readonly uses: ReadonlyMap<string, readonly Place[]>
}

/** With these a program can put a tool in place, or end early, in ways that cannot be followed here. */
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

/** How long one program may be looked at after it has been read, in milliseconds. */
const patienceMs = 100

const handlerNames = new Set(['catch', 'allSettled', 'any', 'race', 'as_settled', 'stream_settled'])

/** Null for a program that changes `tools`, passes it on, or could: then nothing about it is certain. */
export function factsOf(program: Program): ProgramFacts | null {
  const collector = new FactCollector()
  for (const place of placesOf(program)) if (!collector.visit(place)) return null
  return collector
}

class FactCollector implements ProgramFacts {
  readonly calls: ToolCall[] = []
  readonly asked = new Set<string>()
  readonly declarations = new Map<string, number>()
  readonly uses = new Map<string, Place[]>()
  handlesErrors = false
  hasIterators = false

  readonly #deadline = performance.now() + patienceMs

  get isOutOfTime(): boolean {
    return performance.now() > this.#deadline
  }

  /** False when nothing can be said any more. */
  visit(place: Place): boolean {
    const { node } = place
    switch (node.type) {
      case 'Identifier':
      case 'Literal':
      case 'TemplateLiteral':
        return this.#visitWord(place)
      case 'CallExpression':
        if (isTwoArmedThen(place)) this.handlesErrors = true
        if (isIteratorCall(place)) this.hasIterators = true
        return true
      case 'CatchClause':
        this.handlesErrors = true
        return true
      default:
        if (node['generator'] === true) this.hasIterators = true
        return true
    }
  }

  #visitWord(place: Place): boolean {
    const text = nameOf(place.node) ?? textOf(place.node)
    if (text === null) return true
    if (powerfulNames.has(text)) return false
    if (handlerNames.has(text)) this.handlesErrors = true
    if (text === 'Iterator') this.hasIterators = true
    if (place.node.type !== 'Identifier' || isNameOfMember(place)) return true
    if (isDeclaration(place)) {
      this.declarations.set(text, (this.declarations.get(text) ?? 0) + 1)
      return text !== 'tools'
    }
    const uses = this.uses.get(text)
    if (uses === undefined) this.uses.set(text, [place])
    else uses.push(place)
    return text !== 'tools' || this.#visitTools(place)
  }

  #visitTools({ parent: member, field }: Place): boolean {
    if (member === null || member.node.type !== 'MemberExpression' || field !== 'object') return false
    const above = member.parent
    const name = memberNameOf(member.node)
    const isOptional = member.node['optional'] === true || above?.node['optional'] === true
    if (above?.node.type === 'CallExpression' && member.field === 'callee' && !isOptional) {
      if (name !== null) this.calls.push({ name, place: above })
      return true
    }
    if (above === null || isWrite(member)) return false
    if (name !== null) this.asked.add(name)
    return true
  }
}

function isTwoArmedThen({ node }: Place): boolean {
  return methodCallOf(node)?.method === 'then' && childListOf(node, 'arguments').length > 1
}

/** `list.values()`, but not `Object.values(list)`, which is an array. */
function isIteratorCall({ node }: Place): boolean {
  const call = methodCallOf(node)
  if (call === null || call.object === 'Object') return false
  return ['values', 'keys', 'entries', 'matchAll'].includes(call.method ?? '')
}

/** A key, the name after a dot, or a label: no variable. */
function isNameOfMember({ node, field, parent }: Place): boolean {
  if (parent === null) return false
  const { type, computed, shorthand } = parent.node
  if (type === 'MemberExpression') return field === 'property' && computed !== true
  if (type === 'MetaProperty' || type === 'LabeledStatement' || type === 'BreakStatement') return field !== 'body'
  if (type === 'ContinueStatement' || type === 'ExportSpecifier' || type === 'ImportSpecifier') return true
  const isKeyed = type === 'Property' || type === 'MethodDefinition' || type === 'PropertyDefinition'
  // `{ a }` has the one name twice: as the key, and as the value, which counts.
  return (
    isKeyed && field === 'key' && computed !== true && (shorthand !== true || childOf(parent.node, 'value') !== node)
  )
}

const functions = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])
const patterns = new Set(['ObjectPattern', 'ArrayPattern', 'RestElement', 'AssignmentPattern', 'Property'])

/** Also assignments to a plain name: after one, the name is no longer what was declared. */
function isDeclaration(place: Place): boolean {
  let { field, parent } = place
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

/** Whether `tools.name` is assigned to, deleted, or a target of destructuring. */
function isWrite(member: Place): boolean {
  const { field, parent } = member
  if (parent === null) return true
  const { type, operator } = parent.node
  if (type === 'AssignmentExpression' || type === 'ForOfStatement' || type === 'ForInStatement') return field === 'left'
  if (type === 'UnaryExpression') return operator === 'delete'
  if (type === 'Property') return parent.parent?.node.type === 'ObjectPattern' && field === 'value'
  return type === 'UpdateExpression' || patterns.has(type)
}
