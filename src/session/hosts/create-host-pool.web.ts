import { CodecellError } from '../../errors.ts'
import type { LocalHostPool } from './host-pool.ts'

/**
 * Fails, because web platforms cannot start processes.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 */
export function createHostPool(): LocalHostPool {
  throw new CodecellError(
    'INVALID_OPTION',
    'Cannot create a session: expected the option "wasm" or "hosts", got neither',
    {
      details: { option: 'wasm', expected: 'one of "wasm" and "hosts"' },
    },
  )
}
