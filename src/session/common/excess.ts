import { limitText, type OutcomeLimitName } from '../../protocol/cell-limits.ts'

/** A limit that a cell exceeded. */
export type Excess = {
  readonly resource: Exclude<OutcomeLimitName, 'memory' | 'cpu_ms' | 'stall_ms' | 'events'>
  readonly limit: number
  readonly observed: number
}

export function excessText({ resource, limit, observed }: Excess): string {
  return limitText(resource, limit, observed)
}
