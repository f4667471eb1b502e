import { createCodeModeTools, createSession, type Tool } from '../../../src/index.ts'
import type { RecordedKind, ToolRuntimeRecorder, TraceRecorder } from '../../../src/trace.ts'
import { sharedHosts } from '../../support/hosts.ts'

export const workerId = '00000000-0000-7000-8000-0000000000a1'
const workerPath = '/root/worker'

/** The kinds of an agent's own tools. */
const kinds: Readonly<Record<string, RecordedKind>> = {
  shell: 'exec_command',
  type_text: 'write_stdin',
  patch: 'apply_patch',
  search: 'web',
  draw: 'image_generation',
  spawn: { type: 'spawn_agent', message: 'task' },
  assign: 'assign_agent_task',
  send: 'send_message',
  wait_for: 'wait_agent',
  close: 'close_agent',
  remote: { type: 'mcp', server: 'files', tool: 'read' },
}

type Run = (call: ToolRuntimeRecorder | null, input: unknown) => unknown

/** Records a session whose cell calls a tool of every kind, with the events of their runtimes. */
export async function recordNestedKinds(recorder: TraceRecorder): Promise<void> {
  const listener = recorder.rootThread.listen({ kinds })
  let shell: ToolRuntimeRecorder | null = null
  const runs: Readonly<Record<string, Run>> = {
    shell(call) {
      call?.commandStarted({ command: ['bash', '-c', 'cat'], cwd: '/tmp', processId: 7 })
      shell = call
      return { session_id: 7, output: '' }
    },
    type_text(call) {
      if (shell !== null) call?.writesTo(shell)
      shell?.commandEnded({ exitCode: 0, output: 'Hello' })
      return { output: 'Hello', exit_code: 0, chunk_id: 'c1', original_token_count: 2 }
    },
    patch(call) {
      call?.runtimeStarted({ changes: {} })
      call?.runtimeEnded('completed', { success: true })
    },
    search: (call) => call?.runtimeEnded('completed', { action: { type: 'search', query: 'q' } }),
    draw: (call) => call?.runtimeEnded('failed', { error: 'no colors' }),
    spawn(call) {
      const child = { threadId: workerId, agentPath: workerPath, parentThreadId: recorder.rootThread.threadId }
      recorder.startThread(child).startTurn('worker-turn')
      call?.runtimeStarted({ any: 'thing' })
      call?.reachedAgent(workerId, workerPath)
    },
    assign: (call) => call?.reachedAgent(workerId, 'no path'),
    send: (call) => call?.reachedAgent(workerId, workerPath),
    wait_for(call) {
      call?.runtimeEnded('completed', { agent_thread_id: workerId, agent_path: workerPath })
      call?.reachedAgent(workerId, workerPath)
    },
    close: (call) => call?.reachedAgent(workerId, workerPath),
    remote(call) {
      call?.assignMcpCall('mcp-1')
      call?.assignMcpCall('mcp-2')
      call?.runtimeStarted({ server: 'files' })
      throw new Error('no such file')
    },
  }
  const tools = Object.entries(runs).map(([name, run]): Tool => ({
    name,
    call: (input, context) => run(listener.callOf(context), input) ?? null,
  }))
  const session = await createSession({ hosts: sharedHosts('in-process'), tools, listeners: [listener] })
  const program = `
    await tools.shell({ cmd: 'cat' })
    await tools.type_text({ session_id: 7, chars: 'Hello' })
    for (const name of ['patch', 'search', 'draw', 'wait_for']) await tools[name]({})
    await tools.spawn({ task: 'Count.' })
    await tools.assign({ message: 'Go on.' })
    await tools.send({ message: 'Hurry.' })
    await tools.close({})
    await tools.remote({}).catch(text)`
  await createCodeModeTools(session).exec.call(program, { callId: 'call-1' })
  await session.close()
}
