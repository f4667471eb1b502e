import type { TraceRecorder } from '../../../src/trace.ts'

/** Records an item everywhere where an agent can have it: in requests, responses, broken responses and a compaction. */
export function recordRequests(recorder: TraceRecorder, item: unknown): void {
  const turn = recorder.rootThread.startTurn()
  const start = (input: readonly unknown[]): Parameters<typeof turn.startInference>[0] => ({
    model: 'm',
    provider: 'p',
    request: { input },
  })
  turn.startInference(start([item])).complete({ outputItems: [item], responseId: 'r1' })
  turn.startInference(start([item, item])).fail('overloaded', { outputItems: [item], responseId: 'r2' })
  turn.startInference(start([item])).cancel('stopped', { outputItems: [item] })
  const compaction = turn.startCompaction()
  compaction.startRequest({ model: 'm', provider: 'p', request: { input: [item] } }).complete({ output: [item] })
  compaction.install({ input: [item], replacement: [item] })
  turn.startInference(start([item])).complete({ outputItems: [] })
  turn.end()
}
