export const views = ['cells', 'sessions', 'approvals', 'ledger', 'nodes', 'charts', 'playground'] as const
export type View = (typeof views)[number]

/** The place that the fragment of the address names. */
export type Address = {
  readonly view: View
  /** A session: the selected one, or the one that limits a list. */
  readonly session: string | null
  /** The selected cell, in `session`. */
  readonly cell: string | null
  /** The key of the selected call. */
  readonly call: string | null
  /** Whether a list is limited to `session`. */
  readonly isOnly: boolean
  readonly filter: string | null
  readonly search: string
}

export const firstAddress: Address = {
  view: 'cells',
  session: null,
  cell: null,
  call: null,
  isOnly: false,
  filter: null,
  search: '',
}

/** Returns the fragment, e.g. `#cells?session=S&cell=C`. */
export function fragmentOf({ view, session, cell, call, isOnly, filter, search }: Address): string {
  const parts = new URLSearchParams()
  if (session !== null) parts.set('session', session)
  if (cell !== null) parts.set('cell', cell)
  if (call !== null) parts.set('call', call)
  if (isOnly) parts.set('only', 'session')
  if (filter !== null) parts.set('filter', filter)
  if (search !== '') parts.set('search', search)
  const text = parts.toString()
  return text === '' ? `#${view}` : `#${view}?${text}`
}

/** Parses a fragment. Unknown parts are ignored. */
export function parseFragment(fragment: string): Address {
  const [name = '', query = ''] = fragment.replace(/^#/, '').split(/\?(.*)/s)
  const parts = new URLSearchParams(query)
  const session = parts.get('session')
  return {
    view: views.find((view) => view === name) ?? 'cells',
    session,
    cell: session === null ? null : parts.get('cell'),
    call: session === null ? null : parts.get('call'),
    isOnly: session !== null && parts.get('only') === 'session',
    filter: parts.get('filter'),
    search: parts.get('search') ?? '',
  }
}

/** The login in the fragment of an address: `#token=…&name=…`, or `#cells?…&token=…`. */
export type LinkedLogin = { readonly token: string; readonly name: string | null; readonly rest: string }

/** Returns the login of a fragment and the fragment without it, or null when it has none. */
export function loginOf(fragment: string): LinkedLogin | null {
  const text = fragment.replace(/^#/, '')
  const [view, query] = text.includes('?')
    ? [text.slice(0, text.indexOf('?')), text.slice(text.indexOf('?') + 1)]
    : ['', text]
  const parts = new URLSearchParams(query)
  const token = parts.get('token')
  if (token === null || token === '') return null
  const name = parts.get('name')
  parts.delete('token')
  parts.delete('name')
  const rest = parts.toString()
  return { token, name, rest: view === '' ? '' : `#${view}${rest === '' ? '' : `?${rest}`}` }
}
