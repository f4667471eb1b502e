import { createInputCheck, type InputCheck } from '../../tools/validation/check-input.ts'
import { type InputProblem, problemLines } from '../../tools/validation/explain-errors.ts'
import { schemaProblems } from '../../tools/resolve-tool.ts'
import type { Tool } from '../../tools/tool.ts'

export type InputChecksOptions = {
  readonly isEnabled: boolean
  /** Called once for each tool with a schema that cannot be checked. */
  readonly onUnchecked: (identifier: string, reason: string) => void
}

/** The input checks of a session's tools. Each schema is compiled at the first call of its tool. */
export class InputChecks {
  readonly #options: InputChecksOptions
  readonly #checks = new WeakMap<Tool, InputCheck>()
  readonly #unchecked = new WeakSet<Tool>()

  constructor(options: InputChecksOptions) {
    this.#options = options
  }

  /** Returns the error for an input that does not fit the schema of its tool; null for a valid or an unchecked input. */
  refusalOf(identifier: string, tool: Tool, input: unknown): string | null {
    const headline = `tool \`${identifier}\` was not called because its input does not fit its schema:`
    const problems = this.#options.isEnabled ? schemaProblems(tool, input) : []
    if (problems.length > 0) return [headline, ...problems.map((line) => `- ${line}`)].join('\n')
    if (!this.#isChecked(tool)) return null
    const verdict = this.#checkOf(tool)(input)
    switch (verdict.type) {
      case 'fits':
        return null
      case 'wrong':
        return misfitText(headline, verdict.problems)
      case 'unchecked': {
        if (!this.#unchecked.has(tool)) this.#options.onUnchecked(identifier, verdict.reason)
        this.#unchecked.add(tool)
        return null
      }
      default:
        return verdict satisfies never
    }
  }

  /** Returns the problems of an input. Returns none when the schema cannot be checked. */
  problemsOf(tool: Tool, input: unknown): readonly InputProblem[] {
    if (!this.#isChecked(tool)) return []
    const verdict = this.#checkOf(tool)(input)
    return verdict.type === 'wrong' ? verdict.problems : []
  }

  #isChecked({ kind, checksInput }: Tool): boolean {
    return this.#options.isEnabled && kind !== 'freeform' && checksInput !== true
  }

  #checkOf(tool: Tool): InputCheck {
    const existing = this.#checks.get(tool)
    if (existing !== undefined) return existing
    const check = createInputCheck(tool.inputSchema)
    this.#checks.set(tool, check)
    return check
  }
}

/** Returns a headline, followed by the problems as a list. */
export function misfitText(headline: string, problems: readonly InputProblem[]): string {
  return [headline, ...problemLines(problems).map((line) => `- ${line}`)].join('\n')
}
