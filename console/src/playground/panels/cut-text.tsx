import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { escapeOf, replaceInvisible } from '../../../../src/text/escape-invisible.ts'

/** A long text would slow the page down. */
const maxWhole = 200_000

export type CutTextProps = { readonly text: string; readonly maxLength?: number }

/** Untrusted text with its beginning, and the rest on request. */
export function CutText({ text, maxLength = 2000 }: CutTextProps): JSX.Element {
  const [isWhole, setWhole] = useState(false)
  const isCut = text.length > maxLength
  return (
    <>
      <pre>{visibleText(text.slice(0, isWhole ? maxWhole : maxLength))}</pre>
      {isCut && (
        <button type="button" class="link" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show less' : `Show all ${text.length} characters`}
        </button>
      )}
    </>
  )
}

/** Characters that stay: line ends, tabs, spaces, and the parts of emoji. All others could make a text look like another one. */
const harmless: ReadonlySet<string> = new Set(['\n', '\r', '\t', '\u00a0', '\u202f', '\u3000', '\u200d', '\ufe0f'])

/** Writes invisible characters, such as changes of the direction, as their code points. */
export function visibleText(text: string): string {
  return replaceInvisible(text, (character) => (harmless.has(character) ? character : escapeOf(character)))
}
