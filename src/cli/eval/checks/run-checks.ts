import type { Check } from '../tasks/task.ts'
import { checkAnswer } from './answer-check.ts'
import { checkCalls } from './calls-check.ts'
import { checkFile, checkFiles } from './file-checks.ts'
import { checkWithProgram } from './program-check.ts'
import { checkRows } from './rows-check.ts'
import type { RunEnd, Verdict } from './run-end.ts'

/** Returns the reasons of the checks that fail, in their order; empty when the run passes. */
export async function failedChecks(checks: readonly Check[], end: RunEnd): Promise<readonly string[]> {
  const reasons: string[] = []
  for (const check of checks) {
    const verdict = await checkEnd(check, end)
    if (!verdict.passes) reasons.push(verdict.reason)
  }
  return reasons
}

async function checkEnd(check: Check, end: RunEnd): Promise<Verdict> {
  switch (check.type) {
    case 'answer':
      return checkAnswer(check, end.text)
    case 'file':
      return checkFile(check, end.folder)
    case 'files':
      return checkFiles(check, end.folder)
    case 'rows':
      return await checkRows(check, end.folder)
    case 'calls':
      return checkCalls(check, end.calls)
    case 'program':
      return await checkWithProgram(check, end)
    default:
      return check satisfies never
  }
}
