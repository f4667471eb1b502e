import { isRecord } from './json.ts'

/** What a program did with a promise in the place of a value. */
export type PromiseUse = 'printed' | 'notified' | 'stored' | 'passed'

/** Something about the work of a program that its end does not say. */
export type Remark =
  /** Calls that were not answered when the program ended: how many, and of which tools. */
  | { readonly type: 'calls_cut_off'; readonly count: number; readonly tools: readonly string[] }
  /** A promise rejected in the last step of the program, and nothing handled it. `reason`: with what. */
  | { readonly type: 'rejection_unhandled'; readonly reason: string }
  | { readonly type: 'promises_used'; readonly use: PromiseUse; readonly count: number }
  /** The program ended well, has calls of these tools in its source, and called none. */
  | { readonly type: 'no_calls_made'; readonly tools: readonly string[] }

/** What the host of a cell knows: how many promises were used as values, by use, and a rejection that nothing handled. */
export type HostRemarks = {
  readonly [use in PromiseUse]: number
} & {
  /** Texts with the words `[object Promise]` that came from nowhere else. */
  readonly spelled: number
  readonly rejection: string | null
}

const effects: Readonly<Record<PromiseUse, string>> = {
  printed: 'printed',
  notified: 'sent as a notification',
  stored: 'stored',
  passed: 'passed to a tool',
}

/** A remark in a sentence or two, for a model or a person. */
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
      return `${promises} ${effects[use]} in the place of a value: await it first.`
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

/** Reads remarks that were put on record; what is none is left out. */
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
