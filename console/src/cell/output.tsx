import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { CellDetail, CellOutput } from '../../../src/console/api.ts'
import { showCount } from '../../../viewer/src/data/format.ts'
import { LongText } from '../../../viewer/src/detail/long-text.tsx'

const notes: { readonly [Known in CellDetail['outputIs']]: string | null } = {
  complete: null,
  partial: 'The beginning is missing: the server has the newest output only.',
  unknown: 'The output is not stored here.',
}

const step = 50

/** The output of a cell, the newest last. */
export function Output({ cell }: { readonly cell: CellDetail }): JSX.Element {
  const { output, outputIs } = cell
  const [limit, setLimit] = useState(step)
  const hidden = Math.max(0, output.length - limit)
  return (
    <section aria-label="Output">
      <h3>Output</h3>
      {notes[outputIs] !== null && <p class="muted note">{notes[outputIs]}</p>}
      {output.length === 0 && outputIs === 'complete' && <p class="muted">No output</p>}
      {hidden > 0 && (
        <button type="button" class="more" onClick={() => setLimit(limit + 10 * step)}>
          Show earlier output ({showCount(hidden, 'item')})
        </button>
      )}
      {output.slice(hidden).map((item, index) => (
        <OutputItem key={hidden + index} item={item} />
      ))}
    </section>
  )
}

function OutputItem({ item }: { readonly item: CellOutput }): JSX.Element {
  const [isShown, setShown] = useState(false)
  if (item.type === 'text') return <LongText text={item.text} label="Output text" />
  if (item.type === 'notification') {
    return (
      <div class="notification">
        <span class="muted">▲ notification</span>
        <LongText text={item.text} label="Notification" />
      </div>
    )
  }
  const { type, url, bytes } = item
  if (url === null || !isMedia(type, url)) {
    return (
      <p class="muted">
        {type} of {showCount(bytes, 'byte')}, which the page cannot show
      </p>
    )
  }
  // Untrusted data is decoded only on request.
  return (
    <div>
      <span class="muted">
        {type}, {showCount(bytes, 'byte')}{' '}
      </span>
      <button type="button" onClick={() => setShown(!isShown)}>
        {isShown ? 'Hide' : 'Show'} {type}
      </button>
      {isShown && type === 'image' && <img src={url} alt="The picture that the program printed" />}
      {isShown && type === 'audio' && <audio controls src={url} />}
    </div>
  )
}

function isMedia(type: 'image' | 'audio', url: string): boolean {
  return type === 'image' ? /^data:image\/(?:png|jpeg|gif|webp);base64,/.test(url) : url.startsWith('data:audio/')
}
