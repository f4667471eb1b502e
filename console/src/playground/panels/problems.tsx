import type { JSX } from 'preact'
import type { Location } from '../backend/backend.ts'
import type { Finding } from '../types/messages.ts'
import type { TypeState } from '../types/type-client.ts'

const maxShown = 50

export type ProblemsProps = {
  /** Null: the program was not checked. */
  readonly findings: readonly Finding[] | null
  readonly state: TypeState
  readonly source: string
  readonly onGoTo: (location: Location) => void
}

/** The type errors of the program. */
export function Problems({ findings, state, source, onGoTo }: ProblemsProps): JSX.Element {
  return (
    <section class="pg-problems" aria-label="Problems">
      <p class="pg-checked" role="status">
        {summaryOf(findings, state)}
      </p>
      {findings !== null && findings.length > 0 && (
        <ul>
          {findings.slice(0, maxShown).map(({ start, text, severity }) => {
            const location = locationOf(source, start)
            return (
              <li key={`${start} ${text}`} class={`pg-${severity}`}>
                <button type="button" class="link" onClick={() => onGoTo(location)}>
                  {location.line}:{location.column}
                </button>{' '}
                <span class="pg-severity">{severity}</span> {text}
              </li>
            )
          })}
        </ul>
      )}
    </section>
  )
}

function summaryOf(findings: readonly Finding[] | null, state: TypeState): string {
  if (state === 'failed') return 'Types are not available: TypeScript did not load'
  if (state === 'starting') return 'Loading types…'
  if (findings === null) return 'Not checked'
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const warnings = findings.length - errors
  if (findings.length === 0) return 'No type errors'
  return [countOf(errors, 'error'), countOf(warnings, 'warning')].filter((part) => part !== '').join(', ')
}

function countOf(count: number, word: string): string {
  if (count === 0) return ''
  return count === 1 ? `1 ${word}` : `${count} ${word}s`
}

/** Returns the location of an offset, with the line ends of ECMAScript. */
function locationOf(source: string, offset: number): Location {
  const lines = source.slice(0, offset).split(/\r\n|[\n\r\u2028\u2029]/)
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}
