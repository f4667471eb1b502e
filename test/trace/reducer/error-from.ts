import { CodecellError } from '../../../src/index.ts'

/** Returns the code and message of the error that a function throws, or a sentence if it does not. */
export function errorFrom(run: () => unknown): unknown {
  try {
    run()
    return 'nothing was thrown'
  } catch (error) {
    return error instanceof CodecellError ? { code: error.code, message: error.message } : error
  }
}
