import type { CheckRequest, TypeFinding } from './type-checker.ts'

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
