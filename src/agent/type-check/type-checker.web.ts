import type { CheckRequest } from './type-checker.ts'
import type { TypeFinding } from './type-finding.ts'

/** Web platforms have no compiler of TypeScript, so there are no type notes. */
export class TypeChecker implements AsyncDisposable {
  readonly isAvailable = false

  check(_request: CheckRequest): Promise<readonly TypeFinding[]> {
    return Promise.resolve([])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}
