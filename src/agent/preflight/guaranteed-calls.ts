import type { ProgramFacts } from './program-facts.ts'
import { childOf, methodCallOf, nameOf, type NodePath, type SyntaxNode, nodePathsBelow } from './syntax-tree.ts'

/** Maximum depth of calls of the program's own functions. */
const maxHops = 8

/**
 * Returns whether a run of the program certainly reaches a call: without a branch, a guard or an early end before it. Loops and
 * callbacks of arrays are assumed to run at least once. With `awaited`, a rejection of the call must also fail the cell.
 */
export function isCertain(call: NodePath, facts: ProgramFacts, { awaited }: { readonly awaited: boolean }): boolean {
  return isReached(call, facts, awaited, maxHops)
}

/** The use of a promise: none yet, awaited here, or returned by its function. */
type Fate = 'open' | 'awaited' | 'returned'

function isReached(start: NodePath, facts: ProgramFacts, mustBeAwaited: boolean, hops: number): boolean {
  if (hops === 0 || facts.isOutOfTime) return false
  let fate: Fate = mustBeAwaited ? 'open' : 'awaited'
  for (let path = start; path.parent !== null; path = path.parent) {
    const { parent } = path
    if (functionTypes.has(parent.node.type)) {
      if (fate === 'open' && !isArrowBody(path, parent)) return false
      return isFunctionReached(parent, start, facts, fate !== 'awaited', hops)
    }
    if (mayNotRun(path, parent)) return false
    if (fate === 'open') {
      if (parent.node.type === 'AwaitExpression') fate = 'awaited'
      else if (parent.node.type === 'ReturnStatement') fate = 'returned'
      else if (!carriesPromise(path, parent)) return false
    }
  }
  return fate === 'awaited'
}

const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])

/** Matches the value of an arrow function without a block. */
function isArrowBody({ field, node }: NodePath, parent: NodePath): boolean {
  return parent.node.type === 'ArrowFunctionExpression' && field === 'body' && node.type !== 'BlockStatement'
}

/** Matches the expressions between a promise and its `await`: none, or `Promise.all` of a list. */
function carriesPromise({ field }: NodePath, { node, parent }: NodePath): boolean {
  if (node.type === 'ArrayExpression') return parent !== null && isPromiseAll(parent.node)
  return isPromiseAll(node) && field === 'arguments'
}

function isPromiseAll(node: SyntaxNode): boolean {
  const call = methodCallOf(node)
  return call?.object === 'Promise' && call.method === 'all'
}

/** Returns whether the parent can skip this child. */
function mayNotRun({ field }: NodePath, { node }: NodePath): boolean {
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
  for (const { node } of nodePathsBelow(loop)) {
    if (node.type === 'BreakStatement' || node.type === 'ContinueStatement') return true
  }
  return false
}

const runners = new Set(['map', 'forEach', 'flatMap', 'filter'])

/** Returns whether a function is called: immediately, by a method of a list, or certainly by its name. */
function isFunctionReached(
  fn: NodePath,
  call: NodePath,
  facts: ProgramFacts,
  isReturned: boolean,
  hops: number,
): boolean {
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

function isReachedByName(use: NodePath, fn: NodePath, facts: ProgramFacts, needsAwait: boolean, hops: number): boolean {
  const { parent, field } = use
  if (parent === null || isInside(use, fn)) return false
  const isCall = parent.node.type === 'CallExpression' && field === 'callee' && parent.node['optional'] !== true
  if (!isCall && !isRunnerCall(parent, field, facts)) return false
  return isReached(parent, facts, needsAwait, hops - 1) && (isCall || !isLost(parent, needsAwait))
}

function isRunnerCall({ node }: NodePath, field: string, facts: ProgramFacts): boolean {
  // Callbacks of iterators run only when the next element is requested.
  if (facts.hasIterators) return false
  const method = methodCallOf(node)?.method
  if (field !== 'arguments' || method === null || method === undefined || node['optional'] === true) return false
  return runners.has(method)
}

/** Only `map` returns the promises of its callback. */
function isLost({ node, parent }: NodePath, needsAwait: boolean): boolean {
  if (!needsAwait) return false
  return methodCallOf(node)?.method !== 'map' || parent === null || !isPromiseAll(parent.node)
}

/** Returns the name of a declared function, or of the constant with the function as its value. */
function functionName({ node, field, parent }: NodePath): string | null {
  if (node.type === 'FunctionDeclaration') return nameOf(childOf(node, 'id'))
  if (parent?.node.type !== 'VariableDeclarator' || field !== 'init') return null
  return parent.parent?.node['kind'] === 'const' ? nameOf(childOf(parent.node, 'id')) : null
}

/** Returns whether the function can return before the call. */
function leavesBefore({ node }: NodePath, call: NodePath): boolean {
  for (const { node: other } of nodePathsBelow(node)) {
    if (other.type === 'ReturnStatement' && other.end <= call.node.start) return true
  }
  return false
}

function isInside(path: NodePath, outer: NodePath): boolean {
  return path.node.start >= outer.node.start && path.node.end <= outer.node.end
}
