import type { Io } from '../io.ts'
import { checkVerb } from '../trace/check.ts'
import { exportVerb } from '../trace/export.ts'
import { traceUsage } from '../trace/one-bundle.ts'
import { reduceVerb } from '../trace/reduce.ts'
import { viewVerb } from '../trace/view.ts'
import { showVerb } from '../trace/show.ts'
import { replayVerb } from '../trace/replay.ts'

const verbs: Readonly<Record<string, (args: readonly string[], io: Io) => Promise<number>>> = {
  check: checkVerb,
  export: exportVerb,
  reduce: reduceVerb,
  view: viewVerb,
  show: showVerb,
  replay: replayVerb,
}

/** `codecell trace VERB BUNDLE`. */
export async function traceCommand(args: readonly string[], io: Io): Promise<number> {
  const [name = '', ...rest] = args
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  if (verb !== undefined) return await verb(rest, io)
  throw traceUsage(`Cannot run "trace ${name}": ${Object.keys(verbs).join(', ')} are known`)
}
