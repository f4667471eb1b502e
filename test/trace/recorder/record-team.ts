import { setTimeout } from 'node:timers/promises'
import type { HostPool, Tool } from '../../../src/index.ts'
import type { TraceRecorder } from '../../../src/trace.ts'
import { agentMessage, RecordedAgent, textItem } from './recorded-agent.ts'

export type TeamOptions = {
  readonly recorder: TraceRecorder
  readonly hosts: HostPool
  /** The factor of all durations: 1 takes about half a minute. */
  readonly pace: number
}

type Answer = (input: { readonly [name: string]: unknown }) => unknown

function toolsAt(pace: number): readonly Tool[] {
  const tool = (about: Omit<Tool, 'call'>, milliseconds: number, answer: Answer): Tool => ({
    ...about,
    async call(input, { signal }) {
      // waits because a viewer shows durations
      await setTimeout(milliseconds * pace, undefined, { signal })
      return answer(typeof input === 'object' && input !== null ? { ...input } : {})
    },
  })
  const ci = { namespace: 'mcp__ci', server: 'ci' }
  const flaky = [{ type: 'text', text: 'windows-arm64: no runner is free. Try again in 20 minutes.' }]
  return [
    tool({ name: 'run_tests', ...ci }, 1900, ({ suite }) => ({
      content: [{ type: 'text', text: `${String(suite)}: 412 passed, ${suite === 'session' ? 2 : 0} failed` }],
    })),
    tool({ name: 'start_runner', ...ci }, 700, () => ({ content: flaky, isError: true })),
    tool({ name: 'read_file' }, 180, ({ path }) => ({ path, text: `# ${String(path)}\n` })),
    tool({ name: 'fetch_page' }, 420, ({ url }) => {
      if (url === '/old/start') throw new Error('404: /old/start does not exist')
      return { url, status: 200 }
    }),
    tool({ name: 'delete_branch', needsApproval: 'ask' }, 10, () => 'deleted'),
    tool({ name: 'watch_build' }, 3_600_000, () => 'done'),
  ]
}

/** Records four agents that prepare a release: a root, two children and a grandchild, with everything that a viewer must show. */
export async function recordTeam({ recorder, hosts, pace }: TeamOptions): Promise<void> {
  const options = {
    hosts,
    tools: toolsAt(pace),
    approvals: { onRequest: () => ({ type: 'deny', reason: 'branches of a release stay' }) as const },
    limits: { maxToolCallsPerCell: 6 },
  }
  const agent = async (
    path: string,
    model: string,
    about?: { readonly nickname: string; readonly parent: RecordedAgent },
  ): Promise<RecordedAgent> => {
    const task = path.split('/').at(-1) ?? ''
    const thread =
      about === undefined
        ? recorder.rootThread
        : recorder.startThread({
            threadId: crypto.randomUUID(),
            agentPath: path,
            parentThreadId: about.parent.thread.threadId,
            nickname: about.nickname,
            role: 'worker',
            taskName: task,
          })
    return await RecordedAgent.start({ recorder, thread, path, model, options, pace })
  }
  const root = await agent('/root', 'gpt-5.6-sol')
  root.receive(
    textItem(
      'developer',
      'You coordinate. Give each part of the work to an agent, and report what blocks the release.',
    ),
  )
  root.receive(textItem('user', 'Prepare release 2.0: run the tests, check the docs, and tell me what blocks us.'))
  const tests = await spawn(root, 'tests', 'Run the unit and session tests on CI.', (parent) =>
    agent('/root/tests', 'gpt-5.6-sol', { nickname: 'Ada', parent }),
  )
  const docs = await spawn(root, 'docs', 'Check every page and link of the docs.', (parent) =>
    agent('/root/docs', 'gpt-5.6-luna', { nickname: 'Grace', parent }),
  )
  await Promise.all([
    runTests(tests, root),
    checkDocs(docs, root, (parent) => agent('/root/docs/links', 'small-local', { nickname: 'Lin', parent })),
    coordinate(root),
  ])
  await finish(root, tests, docs)
}

type Hire = (parent: RecordedAgent) => Promise<RecordedAgent>

async function spawn(parent: RecordedAgent, name: string, text: string, hire: Hire): Promise<RecordedAgent> {
  const child = await hire(parent)
  const input = { task_name: name, message: text }
  await parent.call({
    callId: `spawn-${name}`,
    name: 'spawn_agent',
    input,
    kind: { type: 'spawn_agent' },
    reached: child,
    output: { task_name: child.path },
    ...(name === 'tests'
      ? { thought: 'Two independent parts: the tests and the docs. Two agents can work at the same time.' }
      : {}),
  })
  child.receive(textItem('developer', 'You work on one task and report the result to your parent.'))
  child.receive(agentMessage(parent.path, child.path, text))
  return child
}

async function runTests(tests: RecordedAgent, root: RecordedAgent): Promise<void> {
  await tests.exec(
    'tests-run',
    `const suites = ["unit", "session"]
const runs = await Promise.all(
  suites.map((suite) => tools.mcp__ci__run_tests({ suite })),
)
for (const run of runs) text(run.content[0].text)
const runner = await tools.mcp__ci__start_runner({ os: "windows-arm64" })
if (runner.isError) notify("no runner for windows-arm64")
store("failed", 2)
`,
    'Run both suites at once, then try the missing platform.',
  )
  await tests.exec('tests-clean', 'await tools.delete_branch({ name: "release-2.0-rc1" })\n')
  const watched = await tests.exec(
    'tests-watch',
    'text("watching the build")\nyield_control()\nawait tools.watch_build({ build: 981 })\n',
  )
  if (watched !== null) await tests.wait('tests-stop', { cell_id: watched, terminate: true })
  await tests.exec('tests-loop', 'for (let index = 0; ; index++) await tools.read_file({ path: `log-${index}` })\n')
  const report =
    'Unit tests pass. Session: 2 of 412 fail (reconnect after sleep). windows-arm64 was not tested: no runner.'
  await tests.request(textItem('assistant', report, 'final_answer'))
  tests.deliver(root, report, tests.endTurn())
}

async function checkDocs(docs: RecordedAgent, root: RecordedAgent, hire: Hire): Promise<void> {
  const links = await spawn(docs, 'links', 'Fetch these pages: /start, /old/start, /limits.', hire)
  const linked = checkLinks(links, docs)
  await docs.failRequest('429: the model is overloaded')
  await docs.exec(
    'docs-read',
    'const pages = ["index.md", "limits.md", "errors.md"]\nfor (const path of pages) text((await tools.read_file({ path })).text)\n',
  )
  await linked
  const compaction = docs.turn.startCompaction('compaction-docs')
  const input = [...docs.history]
  const summary = [
    textItem('user', 'Summary: three pages read, all well formed; links are with /root/docs/links.'),
    ...docs.history.slice(-1),
  ]
  const request = compaction.startRequest({
    model: 'gpt-5.6-luna',
    provider: 'openai',
    request: { model: 'gpt-5.6-luna', input },
  })
  await docs.pause(700)
  request.complete({ output: summary })
  compaction.install({ input, replacement: summary })
  docs.history.splice(0, docs.history.length, ...summary)
  const report = 'The docs are complete. One dead link: /old/start.'
  await docs.request(textItem('assistant', report, 'final_answer'))
  docs.deliver(root, report, docs.endTurn())
}

async function checkLinks(links: RecordedAgent, docs: RecordedAgent): Promise<void> {
  await links.exec(
    'links-fetch',
    `const found = await Promise.allSettled(["/start", "/old/start", "/limits"].map((url) => tools.fetch_page({ url })))
const dead = found.filter(({ status }) => status === "rejected")
for (const { reason } of dead) text(String(reason))
`,
  )
  await links.exec('links-parse', 'const page = JSON.parse("<html>")\n')
  const report = 'One of three links is dead: /old/start (404).'
  await links.request(textItem('assistant', report, 'final_answer'))
  links.deliver(docs, report, links.endTurn())
}

async function coordinate(root: RecordedAgent): Promise<void> {
  await root.call({
    callId: 'root-wait',
    name: 'wait_agent',
    input: { timeout_ms: 10_000 },
    kind: { type: 'wait_agent' },
    output: { timed_out: false },
  })
  await root.exec('root-plan', 'store("plan", ["tests", "docs"])\ntext("2 agents work")\n')
}

async function finish(root: RecordedAgent, tests: RecordedAgent, docs: RecordedAgent): Promise<void> {
  const note = 'Session failures block the release: the docs agent can stop.'
  await root.call({
    callId: 'root-send',
    name: 'send_message',
    input: { target: 'docs', message: note },
    kind: { type: 'send_message' },
    reached: docs,
    output: '',
  })
  docs.receive(agentMessage(root.path, docs.path, note))
  await docs.request(textItem('assistant', 'Noted.', 'final_answer'))
  docs.endTurn()
  const task = 'Run only the two failed session tests again.'
  await root.call({
    callId: 'root-task',
    name: 'followup_task',
    input: { target: 'tests', message: task },
    kind: { type: 'assign_agent_task' },
    reached: tests,
    output: '',
  })
  tests.receive(agentMessage(root.path, tests.path, task))
  await tests.exec(
    'tests-again',
    'const run = await tools.mcp__ci__run_tests({ suite: "session" })\ntext(run.content[0].text)\n',
  )
  await tests.exec('tests-left', 'tools.watch_build({ build: 982 })\nyield_control()\nawait new Promise(() => {})\n')
  const held = await tests.exec(
    'tests-hold',
    'tools.watch_build({ build: 983 })\nyield_control()\nawait new Promise(() => {})\n',
  )
  if (held !== null) await tests.session.terminate(held)
  const report = 'Both tests fail again, in the same line.'
  await tests.request(textItem('assistant', report, 'final_answer'))
  tests.deliver(root, report, tests.endTurn())
  await root.call({
    callId: 'root-close',
    name: 'close_agent',
    input: { target: 'docs' },
    kind: { type: 'close_agent' },
    reached: docs,
    output: { status: 'closed' },
  })
  await docs.session.close()
  docs.thread.end()
  await tests.session.close()
  await root.request(
    textItem(
      'assistant',
      'Two things block release 2.0:\n\n1. Two session tests fail (reconnect after sleep).\n2. The docs link to /old/start, which does not exist.\n\nwindows-arm64 was not tested.',
      'final_answer',
    ),
  )
  root.endTurn()
  await root.session.close()
}
