import { unknownVerb, usageError } from '../common/command-line.ts'
import type { Io } from '../common/io.ts'
import { lastWord } from '../specs/command-spec.ts'
import { traceSpec } from '../specs/trace-commands.ts'
import { checkVerb } from '../trace/check.ts'
import { exportVerb } from '../trace/export.ts'
import { reduceVerb } from '../trace/reduce.ts'
import { replayVerb } from '../trace/replay.ts'
import { showVerb } from '../trace/show.ts'
import { viewVerb } from '../trace/view.ts'

const verbs: Readonly<Record<string, (args: readonly string[], io: Io) => Promise<number>>> = {
  check: checkVerb,
  export: exportVerb,
  reduce: reduceVerb,
  view: viewVerb,
  show: showVerb,
  replay: replayVerb,
}

/** `codecell trace VERB BUNDLE`. */
export async function traceCommand([name, ...rest]: readonly string[], io: Io): Promise<number> {
  if (name === undefined) {
    const known = (traceSpec.verbs ?? []).map(lastWord).join(', ')
    throw usageError(traceSpec, `Cannot run "codecell trace": expected a verb: ${known}`)
  }
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  if (verb === undefined) throw unknownVerb(traceSpec, name)
  return await verb(rest, io)
}
