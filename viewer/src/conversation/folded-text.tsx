import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ViewText } from '../../../src/trace/view/view-data.ts'
import { showCount, visible } from '../data/format.ts'

export type FoldedTextProps = {
  readonly text: ViewText
  readonly label: string
  /** The number of lines before the text is expanded. */
  readonly lines: number
  readonly isCode: boolean
  readonly id: string
  /** The ids of expanded texts. */
  readonly open: Set<string>
}

/** The characters of a line when lines are counted, and of an expanded text. */
const lineLength = 110
const maxLength = 20_000

/** A text of which the first lines are shown; a button shows all that the page has. */
export function FoldedText({ text, label, lines, isCode, id, open }: FoldedTextProps): JSX.Element {
  const [isOpen, setOpen] = useState(open.has(id))
  if (text.length === 0) return <p class="muted empty-text">Empty</p>
  const beginning = firstLines(text.text, lines)
  const isCut = beginning.length < text.text.length
  const shown = isOpen ? text.text.slice(0, maxLength) : beginning
  const missing = isOpen || !isCut ? text.length - shown.length : 0
  const toggle = (): void => {
    if (isOpen) open.delete(id)
    else open.add(id)
    setOpen(!isOpen)
  }
  return (
    <>
      <pre class={isCode ? '' : 'prose'} aria-label={label} dir="ltr">
        {visible(shown)}
        {isCut && !isOpen && ' …'}
      </pre>
      {isCut && (
        <button type="button" class="link more" aria-expanded={isOpen} onClick={toggle}>
          {isOpen ? 'Show less' : `Show all (${showCount(text.length, 'character')})`}
        </button>
      )}
      {missing > 0 && <p class="muted note">{showCount(missing, 'more character')}: see the payload in the details.</p>}
    </>
  )
}

/** Returns the beginning of a text with about this number of lines of the page. */
function firstLines(text: string, lines: number): string {
  let end = 0
  let left = lines
  for (const line of text.split('\n', lines)) {
    const rows = Math.max(1, Math.ceil(line.length / lineLength))
    if (rows > left) return text.slice(0, end + left * lineLength)
    left -= rows
    end += line.length + 1
    if (left <= 0) break
  }
  return end >= text.length ? text : text.slice(0, Math.max(0, end - 1))
}
