import { createInputCheck, type InputCheck } from '../../tools/validation/check-input.ts'
import { type InputProblem, problemLines } from '../../tools/validation/explain-errors.ts'
import { schemaProblems } from '../../tools/resolve-tool.ts'
import type { Tool } from '../../tools/tool.ts'

export type InputChecksOptions = {
  readonly isOn: boolean
  /** Told once for each tool. */
  readonly onUnchecked: (identifier: string, reason: string) => void
}

/** The checks of a session's tools. Each is made when its tool is called for the first time. */
export class InputChecks {
  readonly #options: InputChecksOptions
  readonly #checks = new WeakMap<Tool, InputCheck>()
  readonly #unchecked = new WeakSet<Tool>()

  constructor(options: InputChecksOptions) {
    this.#options = options
  }

  /** What the cell reads when the input does not fit the tool's schema; null when it may be passed on. */
  refusalOf(identifier: string, tool: Tool, input: unknown): string | null {
    const sentence = `tool \`${identifier}\` was not called, its input does not fit its schema:`
    const problems = this.#options.isOn ? schemaProblems(tool, input) : []
    if (problems.length > 0) return [sentence, ...problems.map((line) => `- ${line}`)].join('\n')
    if (!this.#isChecked(tool)) return null
    const verdict = this.#checkOf(tool)(input)
    switch (verdict.type) {
      case 'fits':
        return null
      case 'wrong':
        return misfitText(sentence, verdict.problems)
      case 'unchecked': {
        if (!this.#unchecked.has(tool)) this.#options.onUnchecked(identifier, verdict.reason)
        this.#unchecked.add(tool)
        return null
      }
      default:
        return verdict satisfies never
    }
  }

  /** What is wrong with an input; empty when nothing is, or when nothing can be said. */
  problemsOf(tool: Tool, input: unknown): readonly InputProblem[] {
    if (!this.#isChecked(tool)) return []
    const verdict = this.#checkOf(tool)(input)
    return verdict.type === 'wrong' ? verdict.problems : []
  }

  #isChecked({ kind, checksInput }: Tool): boolean {
    return this.#options.isOn && kind !== 'freeform' && checksInput !== true
  }

  #checkOf(tool: Tool): InputCheck {
    const known = this.#checks.get(tool)
    if (known !== undefined) return known
    const check = createInputCheck(tool.inputSchema)
    this.#checks.set(tool, check)
    return check
  }
}

/** A sentence and the problems under it. */
export function misfitText(sentence: string, problems: readonly InputProblem[]): string {
  return [sentence, ...problemLines(problems).map((line) => `- ${line}`)].join('\n')
}
