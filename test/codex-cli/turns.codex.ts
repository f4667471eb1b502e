import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { AppServer } from './app-server.ts'
import { bothHosts } from './both-hosts.ts'
import { comparable, type Protocol } from './codex-run.ts'
import { call, exec, ModelServer, say, wait, type ModelItem, type Script } from './model-server.ts'

/** Several agents or turns: the script of the model, and the acts of the user. */
type Scenario = {
  readonly script: Script
  readonly act: (server: AppServer) => Promise<void>
}

const brief = '// @exec: {"yield_time_ms": 200}\n'

async function turn(server: AppServer): Promise<void> {
  const { ended } = await server.startTurn()
  await ended
}

/** Resolves when a cell has made a file in the folder of the thread. */
async function made(server: AppServer, name: string): Promise<void> {
  await expect.poll(() => existsSync(join(server.home, name)), { timeout: 60_000 }).toBe(true)
}

const scenarios: Readonly<Record<string, Scenario>> = {
  'several turns': {
    script: {
      steps: [
        exec('c1', 'store("n", 1); text("first")'),
        say('one'),
        exec(
          'c2',
          `${brief}text("n=" + load("n")); await tools.exec_command({ cmd: "until [ -e go ]; do sleep 0.05; done" }); store("n", 2); text("late")`,
        ),
        say('two'),
        exec('c3', 'text("n=" + load("n")); await tools.exec_command({ cmd: "touch go" })'),
        wait('c4', { cell_id: '2', yield_time_ms: 60_000 }),
        exec('c5', 'text("n=" + load("n"))'),
        say('three'),
      ],
    },
    act: async (server) => {
      for (let count = 0; count < 3; count++) await turn(server)
    },
  },
  'an interrupted turn': {
    script: {
      steps: [
        exec('c1', `${brief}text("background"); await new Promise(() => {})`),
        exec('c2', 'text("observed"); await tools.exec_command({ cmd: "touch made; sleep 60" }); text("never")'),
        wait('c3', { cell_id: '1', yield_time_ms: 100 }),
        wait('c4', { cell_id: '2', yield_time_ms: 100 }),
        exec('c5', 'text("after")'),
      ],
    },
    act: async (server) => {
      const { id, ended } = await server.startTurn()
      await made(server, 'made')
      await server.interrupt(id)
      await ended
      await turn(server)
    },
  },
  'a steered turn': {
    script: {
      steps: [
        exec(
          'c1',
          'text("observed"); await tools.exec_command({ cmd: "touch made; until [ -e go ]; do sleep 0.05; done" }); text("after")',
        ),
        exec('c2', 'await tools.exec_command({ cmd: "touch go" }); text("steered")'),
        wait('c3', { cell_id: '1', yield_time_ms: 60_000 }),
      ],
    },
    act: async (server) => {
      const { id, ended } = await server.startTurn()
      await made(server, 'made')
      await server.steer(id)
      await ended
    },
  },
  'an agent and its child': {
    script: {
      steps: [
        call('s1', 'collaboration.spawn_agent', { task_name: 'counter', message: 'Count.', fork_turns: 'none' }),
        call('s2', 'collaboration.wait_agent', { timeout_ms: 60_000 }),
        exec('c1', 'text("root"); text(load("n") ?? "nothing stored")'),
      ],
      agents: {
        '/root/counter': [
          exec('k1', 'store("n", 1); text((await tools.exec_command({ cmd: "echo counted" })).output)'),
          exec('k2', 'text("again " + load("n"))'),
        ],
      },
    },
    act: turn,
  },
}

const runs = Object.entries(scenarios).flatMap(([name, scenario]) =>
  (['grpc', 'framed'] as const).map((protocol) => ({ name, protocol, scenario })),
)

describe('an app server of Codex', () => {
  test.each(runs)('returns the same items with both hosts for $name ($protocol)', async ({ protocol, scenario }) => {
    const { reference, codecell } = await bothHosts()
    const theirs = await play(reference, protocol, scenario)
    const ours = await play(codecell, protocol, scenario)
    expect(ours).toEqual(theirs)
    expect(JSON.stringify(theirs)).toContain('Script completed')
  })
})

/** Returns the outputs that each agent received. */
async function play(
  codex: string,
  protocol: Protocol,
  { script, act }: Scenario,
): Promise<readonly (readonly ModelItem[])[]> {
  await using model = await ModelServer.listen(script)
  await using server = await AppServer.start({ codex, protocol, modelPort: model.port })
  await act(server)
  const agents = ['/root', ...Object.keys(script.agents ?? {})]
  return agents.map((agent) => model.outputs(agent).map((item) => comparable(item, server.home)))
}
