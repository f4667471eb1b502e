import type { JSX } from 'preact'
import { useState } from 'preact/hooks'

const shownMs = 1500

/** A button that copies the address of a step. */
export function CopyLink({ fragment, what }: { readonly fragment: string; readonly what: string }): JSX.Element {
  const [result, setResult] = useState<string | null>(null)
  const show = (text: string): void => {
    setResult(text)
    setTimeout(() => setResult(null), shownMs)
  }
  const copy = (): void => {
    const url = new URL(fragment, location.href).href
    navigator.clipboard.writeText(url).then(
      () => show('Copied'),
      () => show('Cannot copy here'),
    )
  }
  return (
    <button
      type="button"
      class="copy-link"
      aria-label={`Copy the link to ${what}`}
      title={`Copy the link to ${what}`}
      onClick={copy}
    >
      <span aria-hidden="true">#</span>
      <span role="status">{result}</span>
    </button>
  )
}
