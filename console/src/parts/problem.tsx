import type { JSX } from 'preact'
import { visible } from '../../../viewer/src/data/format.ts'

export type Problem = { readonly message: string; readonly advice: string | null }

const maxCharacters = 1000

/** An error and its next step. */
export function ProblemText({ problem }: { readonly problem: Problem }): JSX.Element {
  return (
    <p class="error-text problem" role="alert">
      <span aria-hidden="true">✕ </span>
      {visible(problem.message.slice(0, maxCharacters))}
      {problem.advice !== null && <span class="advice"> {visible(problem.advice.slice(0, maxCharacters))}</span>}
    </p>
  )
}
