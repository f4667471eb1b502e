import { limitText } from '../../protocol/cell-limits.ts'

/** A limit of a cell that was passed. */
export type Excess = {
  readonly resource: 'output_bytes' | 'output_items' | 'waiting_notification_bytes'
  readonly limit: number
  readonly observed: number
}

export function excessText({ resource, limit, observed }: Excess): string {
  return limitText(resource, limit, observed)
}
