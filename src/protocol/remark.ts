import { isRecord } from './json.ts'

/** A use of a promise as a value. */
export type PromiseUse = 'printed' | 'notified' | 'stored' | 'passed'

/** An observation about the work of a program that its outcome does not show. */
export type Remark =
  /** Calls that were pending when the program ended: their number, and their tools. */
  | { readonly type: 'calls_cut_off'; readonly count: number; readonly tools: readonly string[] }
  /** A promise rejected in the last step of the program, and nothing handled it. `reason` describes the rejection. */
  | { readonly type: 'rejection_unhandled'; readonly reason: string }
  | { readonly type: 'promises_used'; readonly use: PromiseUse; readonly count: number }
  /** The program completed, contains calls of these tools, and made none. */
  | { readonly type: 'no_calls_made'; readonly tools: readonly string[] }

/** The remarks that the host makes: the number of promises used as values, by use, and an unhandled rejection. */
export type HostRemarks = {
  readonly [use in PromiseUse]: number
} & {
  /** Strings that contain `[object Promise]` and did not come from outside. */
  readonly spelled: number
  readonly rejection: string | null
}

const effects: Readonly<Record<PromiseUse, string>> = {
  printed: 'printed',
  notified: 'sent as a notification',
  stored: 'stored',
  passed: 'passed to a tool',
}

/** Returns a remark in one or two sentences, for a model or a user. */
export function remarkText(remark: Remark): string {
  switch (remark.type) {
    case 'calls_cut_off': {
      const { count, tools } = remark
      const calls = count === 1 ? 'One call was' : `${count} calls were`
      return `${calls} still running when the script ended, and the results are lost: ${named(tools)}. A call that is not awaited ends with the script.`
    }
    case 'rejection_unhandled':
      return `A promise rejected and nothing handled it: ${remark.reason}`
    case 'promises_used': {
      const { count, use } = remark
      const promises = count === 1 ? 'A promise was' : `${count} promises were`
      return `${promises} ${effects[use]} instead of a value: await it first.`
    }
    case 'no_calls_made':
      return `The script contains calls of ${named(remark.tools)} and made none.`
    default:
      return remark satisfies never
  }
}

const maxNamed = 5

function named(tools: readonly string[]): string {
  const names = tools.slice(0, maxNamed).map((tool) => `\`${tool}\``)
  return [...names, ...(tools.length > maxNamed ? [`${tools.length - maxNamed} more`] : [])].join(', ')
}

/** Parses persisted remarks; malformed ones are skipped. */
export function parseRemarks(value: unknown): readonly Remark[] {
  return Array.isArray(value) ? value.flatMap((entry: unknown) => parseRemark(entry) ?? []) : []
}

function parseRemark(value: unknown): Remark | null {
  const { type, count, tools, reason, use } = isRecord(value) ? value : {}
  switch (type) {
    case 'calls_cut_off':
      return typeof count === 'number' && isTexts(tools) ? { type, count, tools } : null
    case 'rejection_unhandled':
      return typeof reason === 'string' ? { type, reason } : null
    case 'promises_used':
      return typeof count === 'number' && isUse(use) ? { type, use, count } : null
    case 'no_calls_made':
      return isTexts(tools) ? { type, tools } : null
    default:
      return null
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string')
}

function isUse(value: unknown): value is PromiseUse {
  return value === 'printed' || value === 'notified' || value === 'stored' || value === 'passed'
}
