import type { Scenario } from './codex-run.ts'
import { call, exec, farewell, wait } from './model-server.ts'

const dot =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const pragma = (options: object): string => `// @exec: ${JSON.stringify(options)}\n`

/** Scenarios whose outputs do not depend on time. Both hosts must return the same items. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  'texts, values and an image': {
    steps: [
      exec(
        'c1',
        `text("héllo"); text(""); text({ a: [1, null] }); image("${dot}"); image("${dot}", "low"); exit(); text("no")`,
      ),
      exec('c2', ''),
      exec('c3', 'text(ALL_TOOLS.map((tool) => [tool.name, tool.description.length])); text(Object.keys(tools))'),
    ],
  },
  'scripts that fail': {
    steps: [
      exec('c1', 'text("before");\nfunction f() { throw new TypeError("deep") }\nf()'),
      exec('c2', 'await Promise.reject("plain")'),
      exec('c3', 'missing()'),
      exec('c4', 'throw Symbol()'),
      exec('c5', pragma({ max_output_tokens: 'many' })),
      exec('c6', 'await import("node:fs")'),
    ],
  },
  'nested tools': {
    steps: [
      exec('c1', 'const r = await tools.exec_command({ cmd: "echo one; exit 3" }); text(r.output); text(r)'),
      exec(
        'c2',
        String.raw`await tools.apply_patch("*** Begin Patch\n*** Add File: a.txt\n+one\n+two\n*** End Patch"); text((await tools.exec_command({ cmd: "cat a.txt" })).output)`,
      ),
      exec(
        'c3',
        'for (const [name, input] of [["apply_patch", "garbage"], ["apply_patch", 1], ["exec_command", 1], ["exec_command", null], ["exec_command", undefined], ["view_image", { path: "no.png" }], ["write_stdin", { session_id: 424242, chars: "" }]]) try { text(await tools[name](input)) } catch (e) { text(name + ": " + e) }',
      ),
      exec(
        'c4',
        `await tools.exec_command({ cmd: "printf '%s' '${dot.slice(22)}' | base64 -d > dot.png" }); text(await tools.view_image({ path: "dot.png" }))`,
      ),
      exec(
        'c5',
        'const all = await Promise.all([..."abcdef"].map((c) => tools.exec_command({ cmd: "echo " + c }))); text(all.map((r) => r.output).join(""))',
      ),
      exec('c6', 'await tools.apply_patch("garbage"); text("never")'),
      exec('c7', 'tools.exec_command({ cmd: "sleep 30" }); text("not awaited")'),
    ],
  },
  'tools of an MCP server': {
    steps: [
      exec('c1', 'text(ALL_TOOLS.filter((tool) => tool.name.startsWith("mcp__")).map((tool) => tool.name))'),
      exec(
        'c2',
        'text(await tools.mcp__fixture__echo({ a: "é" })); text(await tools.mcp__fixture__structured({})); text(await tools.mcp__fixture__fails({}))',
      ),
      exec('c3', 'await tools.mcp__fixture__echo("no object")'),
    ],
  },
  'notifications, yields and waits': {
    steps: [
      exec(
        'c1',
        `${pragma({ yield_time_ms: 400 })}notify("started"); text("a"); await tools.exec_command({ cmd: "until [ -e go ]; do sleep 0.05; done" }); notify({ step: 2 }); text("finished")`,
      ),
      wait('c2', { cell_id: '1', yield_time_ms: 30 }),
      exec('c3', 'await tools.exec_command({ cmd: "touch go" })'),
      wait('c4', { cell_id: '1', yield_time_ms: 30_000 }),
      wait('c5', { cell_id: '1' }),
      exec(
        'c6',
        'text("x"); yield_control(); text("y"); await new Promise((resolve) => setTimeout(resolve, 200)); text("z")',
      ),
      wait('c7', { cell_id: '3', yield_time_ms: 30_000 }),
    ],
  },
  'termination and missing cells': {
    steps: [
      exec('c1', `${pragma({ yield_time_ms: 300 })}text("a"); while (true) {}`),
      wait('c2', { cell_id: '1', terminate: true }),
      wait('c3', { cell_id: '1', terminate: true }),
      wait('c4', { cell_id: '41' }),
      wait('c5', { cell_id: 1 }),
    ],
  },
  'output that is too long': {
    steps: [
      exec('c1', `${pragma({ max_output_tokens: 20 })}for (let n = 0; n < 100; n++) text("line " + n)`),
      exec('c2', `${pragma({ max_output_tokens: 10 })}text("é".repeat(400)); throw new Error("e")`),
      exec(
        'c3',
        `${pragma({ max_output_tokens: 5 })}text("first text"); image("${dot}"); text("second text"); text("third")`,
      ),
      exec('c4', 'text("x".repeat(60_000))'),
      exec('c5', 'for (let n = 0; n < 3000; n++) text("y".repeat(1000))'),
    ],
  },
  'stored values': {
    steps: [
      exec('c1', 'store("a", { n: 1 }); store("b", [1]); text(load("a"))'),
      exec('c2', 'text(load("a")); text(load("nothing") === undefined); store("a", 2); throw new Error("kept")'),
      exec('c3', 'text(load("a")); text(load("b"))'),
    ],
  },
  'sub-agents': {
    steps: [
      call('c1', 'collaboration.spawn_agent', { task_name: 'counter', message: 'count', fork_turns: 'none' }),
      call('c2', 'collaboration.wait_agent', {}),
      call('c3', 'collaboration.followup_task', { target: '/root/counter', message: 'again' }),
      call('c4', 'collaboration.wait_agent', {}),
      call('c5', 'collaboration.send_message', { target: '/root/counter', message: 'thanks' }),
      exec('c6', 'text("of the root")'),
    ],
    agents: {
      '/root/counter': [
        exec('d1', 'text((await tools.exec_command({ cmd: "echo 1" })).output)'),
        farewell,
        exec('d2', 'text("again")'),
        farewell,
      ],
    },
  },
  'a sub-agent with the history of its parent': {
    steps: [
      exec('c1', 'store("n", 1); text("of the parent")'),
      call('c2', 'collaboration.spawn_agent', { task_name: 'heir', message: 'read', fork_turns: 'all' }),
      call('c3', 'collaboration.wait_agent', {}),
      exec('c4', 'text(load("n"))'),
    ],
    agents: { '/root/heir': [exec('d1', 'text(load("n") === undefined)'), farewell] },
  },
  'a compacted context': {
    steps: [exec('c1', 'store("n", 1); text("before")'), exec('c2', 'text(load("n")); text("after")')],
    contextTokens: 200_000,
    provider: 'OpenAI',
    top: ['model_auto_compact_token_limit = 100000'],
  },
  'direct tools next to exec': {
    steps: [
      exec(
        'c1',
        'text(ALL_TOOLS.map((tool) => tool.name)); text((await tools.exec_command({ cmd: "echo a" })).output)',
      ),
      call('c2', 'exec_command', { cmd: 'echo b' }),
      call('c3', 'nothing', {}),
    ],
    model: 'gpt-5.5',
    features: ['code_mode = true'],
  },
  'the newest model': {
    steps: [
      exec('c1', 'text(ALL_TOOLS.map((tool) => tool.name)); notify("working")'),
      call('c2', 'send_message_to_user_async', { message: 'still working' }),
      wait('c3', { cell_id: '7' }),
    ],
    model: 'gpt-6.2-sol',
  },
  'a resumed thread': {
    steps: [exec('c1', 'store("n", 1); text("first")'), farewell, exec('c2', 'text(load("n") === undefined)')],
    processes: 2,
  },
  'calls that are not understood': {
    steps: [
      wait('c1', { cell_id: 1 }),
      wait('c2', {}),
      { type: 'function_call', id: 'fc_c3', call_id: 'c3', name: 'wait', arguments: 'no JSON' },
      { type: 'function_call', id: 'fc_c4', call_id: 'c4', name: 'exec', arguments: '{}' },
      call('c5', 'nothing', {}),
      { type: 'custom_tool_call', id: 'ctc_c6', status: 'completed', call_id: 'c6', name: 'nothing', input: '' },
      exec('c7', 'text("understood")'),
      { type: 'reasoning', id: 'rs', summary: [{ type: 'summary_text', text: 'thinking' }], encrypted_content: 'AA' },
    ],
  },
}

/** Scenarios that end in the middle of something. */
export const brokenScenarios: Readonly<Record<string, Scenario>> = {
  'an interrupted cell': {
    steps: ({ interrupt }) => [
      exec('c1', `${pragma({ yield_time_ms: 200 })}text("a"); await new Promise(() => {})`),
      async () => {
        interrupt()
        return await Promise.resolve(exec('c2', 'text("never")'))
      },
    ],
  },
  'a response that breaks off': {
    steps: [exec('c1', 'text("a")'), async () => await Promise.reject(new Error('The connection is closed'))],
  },
  'a response that breaks off while a cell runs': {
    steps: [
      exec('c1', `${pragma({ yield_time_ms: 200 })}text("a"); await tools.exec_command({ cmd: "sleep 30" })`),
      async () => await Promise.reject(new Error('The connection is closed')),
    ],
  },
}
