import { expect, test } from 'vitest'
import { bothHosts } from './both-hosts.ts'
import { runCodex } from './codex-run.ts'
import { exec, wait, type Step } from './model-server.ts'

const dot =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const pragma = (options: object): string => `// @exec: ${JSON.stringify(options)}\n`

/** The calls of a model in each scenario. Both hosts must return the same items. */
const scenarios: Readonly<Record<string, readonly Step[]>> = {
  'texts, values and an image': [
    exec(
      'c1',
      `text("héllo"); text(""); text({ a: [1, null] }); image("${dot}"); image("${dot}", "low"); exit(); text("no")`,
    ),
    exec('c2', ''),
    exec('c3', 'text(ALL_TOOLS.map((tool) => [tool.name, tool.description.length])); text(Object.keys(tools))'),
  ],
  'scripts that fail': [
    exec('c1', 'text("before");\nfunction f() { throw new TypeError("deep") }\nf()'),
    exec('c2', 'await Promise.reject("plain")'),
    exec('c3', 'missing()'),
    exec('c4', 'throw Symbol()'),
    exec('c5', pragma({ max_output_tokens: 'many' })),
    exec('c6', 'await import("node:fs")'),
  ],
  'nested tools': [
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
  'tools of an MCP server': [
    exec('c1', 'text(ALL_TOOLS.filter((tool) => tool.name.startsWith("mcp__")).map((tool) => tool.name))'),
    exec(
      'c2',
      'text(await tools.mcp__fixture__echo({ a: "é" })); text(await tools.mcp__fixture__structured({})); text(await tools.mcp__fixture__fails({}))',
    ),
    exec('c3', 'await tools.mcp__fixture__echo("no object")'),
  ],
  'notifications, yields and waits': [
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
  'termination and missing cells': [
    exec('c1', `${pragma({ yield_time_ms: 300 })}text("a"); while (true) {}`),
    wait('c2', { cell_id: '1', terminate: true }),
    wait('c3', { cell_id: '1', terminate: true }),
    wait('c4', { cell_id: '41' }),
    wait('c5', { cell_id: 1 }),
  ],
  'output that is too long': [
    exec('c1', `${pragma({ max_output_tokens: 20 })}for (let n = 0; n < 100; n++) text("line " + n)`),
    exec('c2', `${pragma({ max_output_tokens: 10 })}text("é".repeat(400)); throw new Error("e")`),
    exec(
      'c3',
      `${pragma({ max_output_tokens: 5 })}text("first text"); image("${dot}"); text("second text"); text("third")`,
    ),
    exec('c4', 'text("x".repeat(60_000))'),
    exec('c5', 'for (let n = 0; n < 3000; n++) text("y".repeat(1000))'),
  ],
  'stored values': [
    exec('c1', 'store("a", { n: 1 }); store("b", [1]); text(load("a"))'),
    exec('c2', 'text(load("a")); text(load("nothing") === undefined); store("a", 2); throw new Error("kept")'),
    exec('c3', 'text(load("a")); text(load("b"))'),
  ],
}

const runs = (['grpc', 'framed'] as const).flatMap((protocol) =>
  Object.entries(scenarios).map(([name, steps]) => ({ name, protocol, steps })),
)

test.each(runs)('both hosts return the same items for $name ($protocol)', async ({ protocol, steps }) => {
  const run = async (codex: string): Promise<unknown> => await runCodex({ codex, protocol, steps: () => steps })
  const hosts = await bothHosts()
  const [theirs, ours] = [await run(hosts.reference), await run(hosts.codecell)]
  expect(ours).toEqual(theirs)
  expect(JSON.stringify(theirs)).toContain('Script ')
})
