import { CodecellError } from '../../../src/index.ts'

/** Code and message of what a function throws, or a sentence when it does not. */
export function errorFrom(run: () => unknown): unknown {
  try {
    run()
    return 'nothing was thrown'
  } catch (error) {
    return error instanceof CodecellError ? { code: error.code, message: error.message } : error
  }
}
