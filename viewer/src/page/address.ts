export const views = ['overview', 'conversation', 'step'] as const
export type View = (typeof views)[number]

/** The place that the fragment of the address names: a view, an agent, and a step or an item with a line. */
export type Address = {
  readonly view: View
  readonly threadId: string | null
  /** The id of an entry. */
  readonly step: string | null
  /** The id of an item of the conversation. */
  readonly item: string | null
  readonly line: number | null
}

/** Returns the fragment: `#step=…&line=…`, `#view=conversation&thread=…&item=…`, or an empty string for the overview. */
export function fragmentOf({ view, threadId, step, item, line }: Address): string {
  const parts = new URLSearchParams()
  if (view === 'step' && step !== null) {
    parts.set('step', step)
    if (line !== null) parts.set('line', String(line))
  } else if (view === 'conversation') {
    parts.set('view', view)
    if (item !== null) parts.set('item', item)
  }
  if (threadId !== null) parts.set('thread', threadId)
  const text = parts.toString()
  return text === '' ? '' : `#${text}`
}

/** Parses a fragment. Unknown parts are ignored. */
export function parseFragment(fragment: string): Address {
  const parts = new URLSearchParams(fragment.replace(/^#/, ''))
  const step = parts.get('step')
  const item = parts.get('item')
  const isConversation = parts.get('view') === 'conversation' || item !== null
  return {
    view: step === null ? (isConversation ? 'conversation' : 'overview') : 'step',
    threadId: parts.get('thread'),
    step,
    item: step === null ? item : null,
    line: lineOf(parts.get('line')),
  }
}

function lineOf(text: string | null): number | null {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null
}

/** Shows a fragment as the address of the page. A new entry of the history lets "Back" return to the page before. */
export function showFragment(fragment: string, isNewEntry: boolean): void {
  if (location.hash === fragment) return
  const url = fragment === '' ? location.pathname + location.search : fragment
  try {
    if (isNewEntry) history.pushState(null, '', url)
    else history.replaceState(null, '', url)
  } catch {
    // Browsers limit how often a page can do this; the next change shows the address.
  }
}
