import { threadCpuMs } from '../../tools/validation/thread-cpu-time.ts'
import type { Program } from 'acorn'
import {
  childListOf,
  childOf,
  nameOf,
  type NodePath,
  nodePathsBelow,
  nodePathsOf,
  type SyntaxNode,
} from './syntax-tree.ts'

/** Maximum CPU time of an analysis in milliseconds. Some programs would take forever. */
const maxAnalysisMs = 100

/** Maximum steps from a value back to its origin. */
const maxSteps = 8

/**
 * The origins of a program's values by name: from `tools` through constants, loops, destructuring and the parameters of callbacks.
 */
export class ToolOrigins {
  readonly #paths: NodePath[]
  /** The expression that a name gets its value from. */
  readonly #sources = new Map<string, SyntaxNode[]>()
  readonly #guarded = new Set<string>()
  readonly #deadline = threadCpuMs() + maxAnalysisMs

  constructor(program: Program) {
    this.#paths = [...nodePathsOf(program)]
    for (const { node, field, parent } of this.#paths) {
      if (node.type === 'VariableDeclarator') this.#link(childOf(node, 'id'), childOf(node, 'init'))
      if (node.type === 'ForOfStatement') this.#link(childOf(node, 'left'), childOf(node, 'right'))
      const isCallback = node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression'
      if (isCallback && field === 'arguments' && parent !== null) {
        for (const parameter of childListOf(node, 'params')) this.#link(parameter, childOf(parent.node, 'callee'))
      }
      const name =
        node.type === 'UnaryExpression' && node['operator'] === 'typeof' ? nameOf(childOf(node, 'argument')) : null
      if (name !== null) this.#guarded.add(name)
    }
  }

  #link(target: SyntaxNode | null, source: SyntaxNode | null): void {
    if (target === null || source === null) return
    for (const { node } of nodePathsBelow(target)) {
      const name = nameOf(node)
      if (name === null) continue
      const sources = this.#sources.get(name)
      if (sources === undefined) this.#sources.set(name, [source])
      else sources.push(source)
    }
  }

  /** Returns whether the name at a position is the operand of `typeof`. */
  isGuarded(name: string): boolean {
    return this.#guarded.has(name)
  }

  /** Returns whether a position is in the arguments of a call of a tool, or of one of `names`. */
  isInCall(start: number, names: ReadonlySet<string>): boolean {
    if (threadCpuMs() > this.#deadline) return false
    return this.#paths.some(({ node }) => {
      if (node.type !== 'CallExpression' || node.start > start || node.end < start) return false
      const callee = childOf(node, 'callee')
      const owner = callee?.type === 'MemberExpression' ? nameOf(childOf(callee, 'object')) : nameOf(callee)
      if (owner === null || (owner !== 'tools' && !names.has(owner))) return false
      // An object that a callback in the arguments creates is not an argument of the call.
      return !this.#paths.some(({ node: inner }) => isFunction(inner) && isBetween(inner, node, start))
    })
  }

  /** Returns whether the property at a position belongs to a value that comes from a tool. */
  isOfTool(start: number): boolean {
    const owner = this.#paths.find(
      ({ node, field, parent }) => node.start === start && field === 'property' && parent !== null,
    )
    const object = owner?.parent == null ? null : childOf(owner.parent.node, 'object')
    if (object !== null) return this.#comesFromTool(object, maxSteps)
    const pattern = this.#paths.find(({ node, field }) => node.start === start && field === 'key')?.parent?.parent
      ?.parent
    const source = pattern?.node.type === 'VariableDeclarator' ? childOf(pattern.node, 'init') : null
    return source !== null && this.#comesFromTool(source, maxSteps)
  }

  #comesFromTool(expression: SyntaxNode, steps: number): boolean {
    if (steps === 0 || threadCpuMs() > this.#deadline) return false
    for (const { node } of nodePathsBelow(expression)) {
      const name = nameOf(node)
      if (name === 'tools') return true
      if (name !== null && (this.#sources.get(name) ?? []).some((source) => this.#comesFromTool(source, steps - 1)))
        return true
    }
    return false
  }
}

function isFunction({ type }: SyntaxNode): boolean {
  return type === 'ArrowFunctionExpression' || type === 'FunctionExpression'
}

function isBetween(inner: SyntaxNode, outer: SyntaxNode, start: number): boolean {
  return inner.start > outer.start && inner.end <= outer.end && inner.start <= start && start < inner.end
}
