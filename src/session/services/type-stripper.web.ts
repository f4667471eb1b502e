import type { StrippedSource } from './type-stripper.ts'

/** Web platforms have no parser for TypeScript. A source that is not JavaScript gets its syntax error. */
export class TypeStripper implements AsyncDisposable {
  strip(_source: string): Promise<StrippedSource> {
    return Promise.resolve({ type: 'not_typescript' })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}
