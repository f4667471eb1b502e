import { CodecellError } from '../../index.ts'
import { messageOf } from '../../errors.ts'
import { openTraceBundle, reduceTrace, type TraceBundle } from '../../trace.ts'
import type { TraceState } from '../../trace-format.ts'
import { CommandError, exitCodes } from '../common/exit-codes.ts'
import { printable } from '../common/printable.ts'

/** The action of a command on a bundle, as error messages name it. */
type BundleVerb = 'check' | 'export' | 'reduce' | 'replay' | 'show'

/** Opens and reduces a bundle. Throws a `CommandError` for a bundle that cannot be read. */
export function reducedBundle(
  bundle: string,
  verb: BundleVerb,
): { readonly opened: TraceBundle; readonly state: TraceState } {
  try {
    const opened = openTraceBundle(bundle)
    return { opened, state: reduceTrace(opened.manifest, opened.events(), opened.payloads) }
  } catch (error) {
    throw unreadable(bundle, error, verb)
  }
}

/** Returns the command's error for an error of the bundle; other errors are returned as they are. */
export function unreadable(bundle: string, error: unknown, verb: BundleVerb): unknown {
  if (!(error instanceof CodecellError) || !error.code.startsWith('TRACE_')) return error
  const cause = error.cause === undefined ? '' : ` (${messageOf(error.cause)})`
  return new CommandError(exitCodes.scriptFailed, `Cannot ${verb} ${bundle}: ${printable(error.message + cause)}`)
}
