import type { ViewData } from '../../../src/trace/view/view-data.ts'

/** `live`: the page receives changes; `lost`: the connection was lost; `still`: the data does not change. */
export type Follow = 'still' | 'live' | 'lost'

export type DataSource = {
  readonly load: () => Promise<ViewData>
  /** Returns JSON. Throws with a message for the reader. */
  readonly payload: (id: string) => Promise<string>
  /** Calls back for new data, and when the connection changes. */
  readonly follow: (changed: () => void, notify: (follow: Follow) => void) => void
}

/** Returns the data in the page, or that of its server. */
export function openDataSource(page: Document): DataSource {
  const data = embedded(page, 'codecell-data')
  if (data === null) return serverSource()
  const payloads = embedded(page, 'codecell-payloads')
  return {
    load: async () => viewData(data),
    payload: async (id) => embeddedPayload(payloads, id),
    follow: () => {},
  }
}

function embedded(page: Document, id: string): unknown {
  return JSON.parse(page.getElementById(id)?.textContent ?? 'null')
}

function embeddedPayload(payloads: unknown, id: string): string {
  if (typeof payloads !== 'object' || payloads === null || !Object.hasOwn(payloads, id))
    throw new Error('This payload is not in the file')
  return JSON.stringify(Reflect.get(payloads, id))
}

function serverSource(): DataSource {
  return {
    load: async () => viewData(JSON.parse(await get('data.json'))),
    payload: async (id) => await get(`payload/${encodeURIComponent(id)}`),
    follow(changed, notify) {
      if (location.protocol === 'file:') return
      const source = new EventSource('follow')
      let wasOpen = false
      source.addEventListener('open', () => {
        // Changes during the lost connection were not sent.
        if (wasOpen) changed()
        wasOpen = true
        notify('live')
      })
      source.addEventListener('changed', changed)
      source.addEventListener('error', () => notify(wasOpen ? 'lost' : 'still'))
    },
  }
}

async function get(path: string): Promise<string> {
  if (location.protocol === 'file:') throw new Error('This file has no trace. Open one with "codecell trace view"')
  const response = await fetch(path)
  const text = await response.text()
  if (!response.ok) throw new Error(text.slice(0, 300) || `The server responded with status ${response.status}`)
  return text
}

function viewData(value: unknown): ViewData {
  if (!isViewData(value))
    throw new Error('Cannot show the data: expected format 3; use the page and the library of one version')
  return value
}

function isViewData(value: unknown): value is ViewData {
  return typeof value === 'object' && value !== null && 'format' in value && value.format === 3
}
