import type { JSX } from 'preact'
import type { ViewEntry } from '../../../src/trace/view/view-data.ts'
import { oneLine, showSpan, showTime } from '../data/format.ts'
import { labelOf, statusOf } from '../data/model.ts'
import { CopyLink } from '../page/copy-link.tsx'
import { Status } from './status.tsx'

type DetailHeadProps = {
  readonly entry: ViewEntry
  readonly children: JSX.Element | readonly (JSX.Element | false)[]
  /** Maximum length of the title, in characters. */
  readonly maxTitle?: number
}

/** The title, status and times of an entry, followed by its own facts. */
export function DetailHead({ entry, children, maxTitle = 100 }: DetailHeadProps): JSX.Element {
  return (
    <header class="detail-head">
      <h2>{oneLine(labelOf(entry), maxTitle)}</h2>
      <Status status={statusOf(entry)} />
      <CopyLink fragment={`#step=${encodeURIComponent(entry.id)}`} what="this step" />
      <dl>
        <dt>took</dt>
        <dd>{showSpan(entry)}</dd>
        <dt>began</dt>
        <dd>{showTime(entry.start)}</dd>
        {children}
      </dl>
    </header>
  )
}
