import { isRecord } from '../protocol/json.ts'

/**
 * The statement of a user about a call whose outcome was unknown. `happened`: its state is `applied` since then; `did_not_happen`: it
 * is `failed`.
 */
export type Settlement = {
  readonly type: 'happened' | 'did_not_happen'
  /** The name of the user as the request gave it; null when it did not. */
  readonly by: string | null
  /** In milliseconds since 1970. */
  readonly at: number
  readonly note: string | null
  /** The id of the request. */
  readonly requestId: string | null
}

/** Begins the note of a settled call. No other note begins with it. */
const mark = '\u0001'

/** Returns the note of a settled call on the ledger. */
export function settledNote({ type, by, at, note, requestId }: Settlement): string {
  return `${mark}${JSON.stringify({ type, by, at, note, requestId })}`
}

/** Returns a note that cannot be taken for a settlement. */
export function unsettledNote(note: string): string {
  return note.startsWith(mark) ? ` ${note}` : note
}

/** Returns the note of a call, and its settlement if it has one. */
export function parseNote(note: string | null): { readonly note: string | null; readonly settled?: Settlement } {
  if (note?.startsWith(mark) !== true) return { note }
  const settled = parseSettlement(note.slice(mark.length))
  return settled === null ? { note: null } : { note: settlementText(settled), settled }
}

/** Returns a settlement in words. */
export function settlementText({ type, by, at, note }: Settlement): string {
  const what = type === 'happened' ? 'it happened' : 'it did not happen'
  const who = by === null ? 'a user' : JSON.stringify(by)
  return `${what}, as ${who} stated at ${new Date(at).toISOString()}${note === null ? '' : `: ${note}`}`
}

function parseSettlement(json: string): Settlement | null {
  try {
    const value: unknown = JSON.parse(json)
    if (!isRecord(value)) return null
    const { type, by, at, note, requestId } = value
    if ((type !== 'happened' && type !== 'did_not_happen') || typeof at !== 'number') return null
    return { type, by: textOf(by), at, note: textOf(note), requestId: textOf(requestId) }
  } catch {
    return null
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
