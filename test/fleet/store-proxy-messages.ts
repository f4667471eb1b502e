import { fieldsOf } from './node-messages.ts'

/**
 * The points of a commit at which a proxy can act. `before-commit`: the statement has not reached the server. `after-commit`: its
 * reply has not reached the node. `late-renewal`: the reply to a renewal of the lease is late by `holdMs`, and the next commit is at
 * `after-commit`. `lost-reply`: the reply is lost, with its connection.
 */
export const commitPoints = ['before-commit', 'after-commit', 'late-renewal', 'lost-reply'] as const

export type CommitPoint = (typeof commitPoints)[number]

/** `arm`: at the next point of this kind, the node reaches nothing until `release`. */
export type ToProxy =
  | { readonly type: 'arm'; readonly node: number; readonly point: CommitPoint; readonly holdMs: number }
  | { readonly type: 'disarm' | 'release'; readonly node: number }

export type FromProxy =
  | { readonly type: 'listening'; readonly ports: readonly number[] }
  | { readonly type: 'reached'; readonly node: number; readonly point: CommitPoint }

export function parseToProxy(value: unknown): ToProxy {
  const { type, node, point, holdMs } = fieldsOf(value)
  const known = commitPoints.find((each) => each === point)
  if (type === 'arm' && known !== undefined) return { type, node: Number(node), point: known, holdMs: Number(holdMs) }
  return { type: type === 'disarm' ? 'disarm' : 'release', node: Number(node) }
}

export function parseFromProxy(value: unknown): FromProxy {
  const { type, node, point, ports } = fieldsOf(value)
  if (type === 'listening') return { type, ports: Array.isArray(ports) ? ports.map(Number) : [] }
  const known = commitPoints.find((each) => each === point)
  return { type: 'reached', node: Number(node), point: known ?? 'before-commit' }
}
