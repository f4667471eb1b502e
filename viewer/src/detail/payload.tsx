import type { JSX } from 'preact'
import { useContext, useState } from 'preact/hooks'
import { oneLine } from '../data/format.ts'
import { JsonTree } from './json-tree.tsx'
import { LongText } from './long-text.tsx'
import { PayloadContext } from './payload-context.ts'

type Loaded =
  | { readonly type: 'closed' }
  | { readonly type: 'loading' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'open'; readonly text: string; readonly value: unknown }

/** The payloads of an entry, which load when they are opened. */
export function Payloads({ ids }: { readonly ids: readonly string[] }): JSX.Element | null {
  if (ids.length === 0) return null
  return (
    <section aria-label="Payloads">
      <h3>Payloads</h3>
      {ids.map((id) => (
        <Payload key={id} id={id} />
      ))}
    </section>
  )
}

function Payload({ id }: { readonly id: string }): JSX.Element {
  const { load, kindOf } = useContext(PayloadContext)
  const [loaded, setLoaded] = useState<Loaded>({ type: 'closed' })
  const toggle = (): void => {
    if (loaded.type === 'open' || loaded.type === 'loading') return setLoaded({ type: 'closed' })
    setLoaded({ type: 'loading' })
    void opened(load, id).then(setLoaded)
  }
  const isOpen = loaded.type === 'open'
  return (
    <div class="payload">
      <button type="button" class="fold" aria-expanded={isOpen} onClick={toggle}>
        <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> {oneLine(id, 80)}{' '}
        <span class="muted">{oneLine(kindOf(id), 60)}</span>
      </button>
      {loaded.type === 'loading' && <p role="status">Loading…</p>}
      {loaded.type === 'failed' && (
        <p role="alert" class="error-text">
          ✕ {oneLine(loaded.message, 300)}
        </p>
      )}
      {isOpen && <PayloadBody text={loaded.text} value={loaded.value} />}
    </div>
  )
}

async function opened(load: (id: string) => Promise<string>, id: string): Promise<Loaded> {
  try {
    const text = await load(id)
    return { type: 'open', text, value: parsed(text) }
  } catch (error) {
    return { type: 'failed', message: error instanceof Error ? error.message : 'Cannot read the payload' }
  }
}

/** Parses JSON; other text is returned unchanged. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function PayloadBody({ text, value }: { readonly text: string; readonly value: unknown }): JSX.Element {
  const [isPlain, setPlain] = useState(false)
  const [copied, setCopied] = useState('Copy')
  const copy = (): void => {
    void navigator.clipboard.writeText(text).then(
      () => setCopied('Copied'),
      () => setCopied('Cannot copy here'),
    )
  }
  return (
    <div class="payload-body">
      <div class="tools">
        <button type="button" aria-pressed={isPlain} onClick={() => setPlain(!isPlain)}>
          Plain text
        </button>
        <button type="button" onClick={copy}>
          <span role="status">{copied}</span>
        </button>
      </div>
      {isPlain ? <LongText text={text} label="Payload as text" /> : <JsonTree name={null} value={value} depth={0} />}
    </div>
  )
}
