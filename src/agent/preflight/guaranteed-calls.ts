import type { ProgramFacts } from './program-facts.ts'
import { childOf, methodCallOf, nameOf, type Place, type SyntaxNode, placesBelow } from './syntax-tree.ts'

/** How deep calls of the program's own functions are followed. */
const maxHops = 8

/**
 * Whether a program that is run reaches a call, as far as the text can tell: no branch, no guard and no early end stands
 * before it. Loops and callbacks of arrays are taken to run at least once. With `awaited`, also whether a rejection of
 * the call would fail the cell.
 */
export function isCertain(call: Place, facts: ProgramFacts, { awaited }: { readonly awaited: boolean }): boolean {
  return isReached(call, facts, awaited, maxHops)
}

/** What becomes of a promise: nothing yet, the program waits for it here, or its function returns it. */
type Fate = 'open' | 'awaited' | 'returned'

function isReached(start: Place, facts: ProgramFacts, mustBeAwaited: boolean, hops: number): boolean {
  if (hops === 0 || facts.isOutOfTime) return false
  let fate: Fate = mustBeAwaited ? 'open' : 'awaited'
  for (let place = start; place.parent !== null; place = place.parent) {
    const { parent } = place
    if (functionTypes.has(parent.node.type)) {
      if (fate === 'open' && !isArrowBody(place, parent)) return false
      return isFunctionReached(parent, start, facts, fate !== 'awaited', hops)
    }
    if (mayNotRun(place, parent)) return false
    if (fate === 'open') {
      if (parent.node.type === 'AwaitExpression') fate = 'awaited'
      else if (parent.node.type === 'ReturnStatement') fate = 'returned'
      else if (!carriesPromise(place, parent)) return false
    }
  }
  return fate === 'awaited'
}

const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])

/** The value of an arrow function that has no block. */
function isArrowBody({ field, node }: Place, parent: Place): boolean {
  return parent.node.type === 'ArrowFunctionExpression' && field === 'body' && node.type !== 'BlockStatement'
}

/** What lies between a promise and the `await` that waits for it: nothing, or `Promise.all` of a list. */
function carriesPromise({ field }: Place, { node, parent }: Place): boolean {
  if (node.type === 'ArrayExpression') return parent !== null && isPromiseAll(parent.node)
  return isPromiseAll(node) && field === 'arguments'
}

function isPromiseAll(node: SyntaxNode): boolean {
  const call = methodCallOf(node)
  return call?.object === 'Promise' && call.method === 'all'
}

/** Whether the parent may leave this child out. */
function mayNotRun({ field }: Place, { node }: Place): boolean {
  switch (node.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
      return field !== 'test'
    case 'LogicalExpression':
      return field === 'right'
    case 'AssignmentExpression':
      return field === 'right' && /^(?:&&|\|\||\?\?)=$/.test(String(node['operator']))
    case 'AssignmentPattern':
      return field === 'right'
    case 'SwitchStatement':
      return field !== 'discriminant'
    case 'TryStatement':
      return field !== 'finalizer'
    case 'ForStatement':
    case 'DoWhileStatement':
    case 'ForOfStatement':
    case 'ForInStatement':
      return field !== 'right' && field !== 'init' && hasJump(node)
    case 'WhileStatement':
      return field !== 'test'
    case 'ChainExpression':
    case 'CatchClause':
    case 'LabeledStatement':
    case 'ClassBody':
    case 'WithStatement':
      return true
    default:
      return false
  }
}

function hasJump(loop: SyntaxNode): boolean {
  for (const { node } of placesBelow(loop)) {
    if (node.type === 'BreakStatement' || node.type === 'ContinueStatement') return true
  }
  return false
}

const runners = new Set(['map', 'forEach', 'flatMap', 'filter'])

/** A function is reached when it is called on the spot, by a list's method, or by its name where that is certain. */
function isFunctionReached(fn: Place, call: Place, facts: ProgramFacts, isReturned: boolean, hops: number): boolean {
  const { node, parent, field } = fn
  if (facts.handlesErrors || node['generator'] === true || parent === null || leavesBefore(fn, call)) return false
  const needsAwait = node['async'] === true || isReturned
  if (parent.node.type === 'CallExpression' && field === 'callee') return isReached(parent, facts, needsAwait, hops - 1)
  if (isRunnerCall(parent, field, facts))
    return isReached(parent, facts, needsAwait, hops - 1) && !isLost(parent, needsAwait)
  const name = functionName(fn)
  if (name === null || facts.declarations.get(name) !== 1) return false
  return (facts.uses.get(name) ?? []).some((use) => isReachedByName(use, fn, facts, needsAwait, hops))
}

function isReachedByName(use: Place, fn: Place, facts: ProgramFacts, needsAwait: boolean, hops: number): boolean {
  const { parent, field } = use
  if (parent === null || isInside(use, fn)) return false
  const isCall = parent.node.type === 'CallExpression' && field === 'callee' && parent.node['optional'] !== true
  if (!isCall && !isRunnerCall(parent, field, facts)) return false
  return isReached(parent, facts, needsAwait, hops - 1) && (isCall || !isLost(parent, needsAwait))
}

function isRunnerCall({ node }: Place, field: string, facts: ProgramFacts): boolean {
  // Those of iterators run only for somebody who asks for the next element.
  if (facts.hasIterators) return false
  const method = methodCallOf(node)?.method
  if (field !== 'arguments' || method === null || method === undefined || node['optional'] === true) return false
  return runners.has(method)
}

/** Only `map` hands on the promises that its callback returns. */
function isLost({ node, parent }: Place, needsAwait: boolean): boolean {
  if (!needsAwait) return false
  return methodCallOf(node)?.method !== 'map' || parent === null || !isPromiseAll(parent.node)
}

/** The name of a declared function, or of the constant that it is the value of. */
function functionName({ node, field, parent }: Place): string | null {
  if (node.type === 'FunctionDeclaration') return nameOf(childOf(node, 'id'))
  if (parent?.node.type !== 'VariableDeclarator' || field !== 'init') return null
  return parent.parent?.node['kind'] === 'const' ? nameOf(childOf(parent.node, 'id')) : null
}

/** Whether the function may return before it comes to the call. */
function leavesBefore({ node }: Place, call: Place): boolean {
  for (const { node: other } of placesBelow(node)) {
    if (other.type === 'ReturnStatement' && other.end <= call.node.start) return true
  }
  return false
}

function isInside(place: Place, outer: Place): boolean {
  return place.node.start >= outer.node.start && place.node.end <= outer.node.end
}
