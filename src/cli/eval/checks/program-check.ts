import { pathToFileURL } from 'node:url'
import { messageOf } from '../../../errors.ts'
import { isObject } from '../values/fields.ts'
import type { ProgramCheck } from '../tasks/task.ts'
import { answerIn } from './answer-check.ts'
import { failed, passed, type RunEnd, type Verdict } from './run-end.ts'

/** Calls the function `check` of a module of the user. A program that throws or returns something else fails the run. */
export async function checkWithProgram({ module }: ProgramCheck, end: RunEnd): Promise<Verdict> {
  try {
    const loaded: unknown = await import(pathToFileURL(module).href)
    const check: unknown = isObject(loaded) ? loaded['check'] : undefined
    if (typeof check !== 'function') return failed(`the program ${module} exports no function "check"`)
    const result: unknown = await Reflect.apply(check, undefined, [{ ...end, answer: answerIn(end.text) }])
    if (!isObject(result) || typeof result['pass'] !== 'boolean') {
      return failed(`the program ${module} returned no object with "pass"`)
    }
    if (result['pass']) return passed
    const { reason } = result
    return failed(typeof reason === 'string' && reason !== '' ? reason : `the program ${module} refused the end`)
  } catch (error) {
    return failed(`the program ${module} failed: ${messageOf(error)}`)
  }
}
