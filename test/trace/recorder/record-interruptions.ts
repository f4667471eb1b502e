import type { Tool } from '../../../src/index.ts'
import { Gate } from '../../support/gate.ts'
import type { Recording } from './recorded.ts'

const gate = new Gate()

/** The tools of `recordInterruptions`. */
export const interruptedTools: readonly Tool[] = [
  gate.tool,
  { name: 'never', call: () => new Promise(() => undefined) },
  { name: 'echo', call: (input) => input },
]

/** Interrupts turns of an agent while its cells run, wait, yield, call tools and notify. */
export async function recordInterruptions({ recorder, session, model }: Recording): Promise<void> {
  const thread = recorder.rootThread
  const first = thread.startTurn('turn-1')
  const yielding = 'yield_control(); await tools.gate({}); text(await tools.echo({ late: true })); notify("late")'
  await model.exec.call(yielding, { callId: 'yielding' })
  const interrupted = new AbortController()
  const running = model.exec.call('tools.never({}); await new Promise(() => {})', {
    callId: 'interrupted',
    signal: interrupted.signal,
    onStarted: () => interrupted.abort(),
  })
  await running.catch(() => undefined)
  first.end('cancelled')
  gate.open('open')
  const second = thread.startTurn('turn-2')
  await model.wait.call({ cell_id: '1' }, { callId: 'late-wait' })
  await model.wait.call({ cell_id: '2', terminate: true }, { callId: 'late-end' })
  await model.wait.call('{"cell_id": 5}', { callId: 'bad-wait' }).catch(() => undefined)
  second.end('failed')
  await session.execute('text("between the turns")')
}
