import type { Tool } from '../../../src/index.ts'
import type { Recording } from './recorded.ts'

/** Tools of all kinds, with names that have a meaning in the reference's traces. */
export const everyTool: readonly Tool[] = [
  { name: 'echo', call: (input) => input },
  { name: 'raw', kind: 'freeform', call: (input) => `got ${String(input)}` },
  {
    name: 'fails',
    call() {
      throw new Error('no such thing')
    },
  },
  { name: 'asks', needsApproval: 'ask', call: () => 1 },
  { name: 'never', call: () => new Promise(() => undefined) },
  { name: 'wait', namespace: 'other', call: () => 5 },
  { name: 'wait', namespace: 'mcp__x', server: 'x', call: () => 5 },
  ...['exec_command', 'write_stdin', 'spawn_agent', 'apply_patch'].map((name): Tool => ({ name, call: () => ({}) })),
]

/** Does everything in one session that a trace can contain. */
export async function recordEverything({ model, session }: Recording): Promise<void> {
  const program = `
    text('one'); store('k', { a: 1 }); image('data:image/png;base64,AAAA')
    await Promise.all([tools.echo({ a: 1 }), tools.raw('plain'), tools.echo({ b: [2] })])
    try { await tools.fails({}) } catch (error) { text(error) }
    for (const name of ['asks', 'other__wait', 'mcp__x__wait', 'exec_command', 'write_stdin', 'spawn_agent', 'apply_patch'])
      text(await tools[name]({ cell_id: 4 }).catch(String))
    notify('halfway')
    yield_control()
    await new Promise((go) => setTimeout(go, 5))
    text('end')`
  await model.exec.call(program, { callId: 'call-1' })
  await model.wait.call({ cell_id: '1' }, { callId: 'call-2' })
  await model.exec.call('const n: number = load("k").a\ntext(n)')
  await model.exec.call('throw new Error("bad")')
  await model.exec.call('text(')
  await model.exec.call('// @exec: {"bad": 1}\ntext(1)').catch(() => undefined)
  await model.exec.call({ code: 'text("object")' })
  await model.exec.call({ nothing: 1 }).catch(() => undefined)
  await model.wait.call({ cell: 7 }).catch(() => undefined)
  await model.wait.call('{"cell_id"').catch(() => undefined)
  await model.wait.call('{"cell_id":"98"}')
  await model.wait.call({ cell_id: '99' })
  await model.exec.call('text("again")', { callId: 'call-1' })
  const stopped = await model.exec.call('tools.never({}); yield_control(); await new Promise(() => {})')
  await model.wait.call({ cell_id: stopped.cellId, terminate: true })
  await Promise.all([
    model.exec.call('await tools.echo({})'),
    model.exec.call('text(2)'),
    session.execute('text("direct")'),
  ])
  const left = await model.exec.call('tools.never({}); yield_control(); await new Promise(() => {})')
  if (left.cellId === null) throw new Error('the last cell ended')
}
