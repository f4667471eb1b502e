import { inspectCell as inspect, type InspectOptions } from '../../replay.ts'
import type { FoundCellLog, TraceBundle } from '../../trace.ts'
import { exitCodes } from '../common/exit-codes.ts'
import type { Io } from '../common/io.ts'
import { replayText } from './replay-text.ts'

/** Replays a cell under a debugger, and reports whether it does what is recorded. */
export async function inspectCell(
  bundle: TraceBundle,
  found: FoundCellLog,
  { stdout, stderr }: Io,
  options: InspectOptions,
): Promise<number> {
  const replay = await inspect(bundle, found, {
    ...options,
    onListening: ({ webSocketUrl, devtoolsUrl }) =>
      stderr.write(
        `Debugger listening on ${webSocketUrl}\nOpen chrome://inspect, or this address in Chrome: ${devtoolsUrl}\n`,
      ),
  })
  stdout.write(replayText(found, replay))
  return replay.type === 'same' ? exitCodes.completed : exitCodes.scriptFailed
}
