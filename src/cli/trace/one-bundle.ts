import { CodecellError, messageOf } from '../../index.ts'
import { openTraceBundle, reduceTrace, type TraceBundle, type TraceState } from '../../trace.ts'
import { CommandError, exitCodes } from '../exit-codes.ts'
import type { Given } from '../flags.ts'
import { printable } from './printable.ts'

/** The folder that the only argument names. */
export function bundleOf({ rest }: Given): string {
  const [bundle, ...more] = rest
  if (bundle === undefined || more.length > 0) throw traceUsage('Give the folder of one bundle')
  return bundle
}

export function traceUsage(message: string): CommandError {
  return new CommandError(exitCodes.usage, `${message}\nSee: codecell help trace`)
}

/** Opens a bundle and reduces it; what is wrong with it becomes the error of the command. */
export function reducedBundle(bundle: string): { readonly opened: TraceBundle; readonly state: TraceState } {
  try {
    const opened = openTraceBundle(bundle)
    return { opened, state: reduceTrace(opened.manifest, opened.events(), opened.payloads) }
  } catch (error) {
    throw unreadable(bundle, error, 'reduce')
  }
}

/** The command's error for what reading a bundle threw; errors that are no fault of the bundle pass through. */
export function unreadable(bundle: string, error: unknown, what: 'reduce' | 'replay' = 'replay'): unknown {
  if (!(error instanceof CodecellError) || !error.code.startsWith('TRACE_')) return error
  const cause = error.cause === undefined ? '' : ` (${messageOf(error.cause)})`
  return new CommandError(exitCodes.scriptFailed, `Cannot ${what} ${bundle}: ${printable(error.message + cause)}`)
}
