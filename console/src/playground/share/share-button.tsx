import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { maxFragmentLength } from './program-link.ts'

/** Copies a link with the program. Without access to the clipboard, the link is shown. */
export function ShareButton({ address }: { readonly address: () => Promise<string> }): JSX.Element {
  const [shown, setShown] = useState<string | null>(null)
  const [status, setStatus] = useState('')
  const share = async (): Promise<void> => {
    const link = await address()
    setShown(null)
    if (link.length > maxFragmentLength) return setStatus('The program is too long for a link')
    try {
      await navigator.clipboard.writeText(link)
      setStatus('Link copied')
    } catch {
      setShown(link)
      setStatus('Copy this link')
    }
  }
  return (
    <span class="pg-share">
      <button type="button" onClick={() => void share()}>
        Share
      </button>
      <span role="status">{status}</span>
      {shown !== null && (
        <input aria-label="Link" readOnly value={shown} onFocus={(event) => event.currentTarget.select()} />
      )}
    </span>
  )
}
