import { expect } from 'vitest'
import { createHostPool, createSession, type HostPool } from '../../../src/index.ts'
import { Gate } from '../../support/gate.ts'
import { textsOf } from '../../support/texts.ts'
import type { Profile } from '../hosts-under-test.ts'

/** A pool of one host without sessions. `kill` and `stop` send a signal to all hosts of the process and return their number. */
type Scene = {
  readonly profile: Profile
  readonly hosts: HostPool
  readonly kill: () => number
  readonly stop: () => number
}

/** A guarantee that holds when a host dies, and its test. */
export type Death = readonly [name: string, play: (scene: Scene) => Promise<void>]

const longYieldTime = { yieldTimeMs: 600_000 }

/** Returns a program that makes fifty calls at once, each with its own input. */
const fiftyCallsOf = (name: string): string =>
  `const all = Array.from({ length: 50 }, (_, n) => tools.gate({ who: "${name}", n })); text((await Promise.all(all)).length)`

type DeathName =
  | 'beforeStart'
  | 'whileCompiled'
  | 'whileRunning'
  | 'whileNotifying'
  | 'whileCalling'
  | 'whileWaiting'
  | 'withTimer'
  | 'withApprovals'
  | 'fiveInARow'
  | 'twentyInARow'
  | 'byCrash'
  | 'terminateWhenStopped'
  | 'replaceWhenStopped'

export const deaths: { readonly [name in DeathName]: Death } = {
  beforeStart: [
    'a cell that has not started runs on another host',
    async ({ hosts, kill }) => {
      await using session = await createSession({ hosts })
      expect(kill()).toBeGreaterThan(0)
      expect(textsOf(await session.execute('text("a")', longYieldTime))).toEqual(['a'])
    },
  ],
  whileCompiled: [
    'a cell runs on another host when its source was being compiled',
    async ({ hosts, kill }) => {
      await using session = await createSession({ hosts })
      const source = `text("a") // import ${'x'.repeat(900_000)}`
      const outcome = await session.execute(source, { ...longYieldTime, onStarted: () => void kill() })
      expect(textsOf(outcome)).toEqual(['a'])
    },
  ],
  whileRunning: [
    'a busy cell does not print its earlier output again',
    async ({ profile, hosts, kill }) => {
      await using session = await createSession({ hosts })
      const turns = profile === 'strict' ? '3e6' : '3e7'
      const source = `text("a"); yield_control(); for (let n = 0; n < ${turns}; n++); text("b")`
      expect(textsOf(await session.execute(source, longYieldTime))).toEqual(['a'])
      kill()
      const second = await session.observe('1', longYieldTime)
      expect([second.type, textsOf(second)]).toEqual(['completed', ['b']])
    },
  ],
  whileNotifying: [
    'a cell completes after the delivery of its last notification',
    async ({ hosts, kill }) => {
      const delivering = Promise.withResolvers<void>()
      const delivered = Promise.withResolvers<void>()
      const onNotification = (): Promise<void> => (delivering.resolve(), delivered.promise)
      await using session = await createSession({ hosts, onNotification })
      const cell = session.execute('store("k", 1); notify("n"); text("a")', longYieldTime)
      await delivering.promise
      kill()
      delivered.resolve()
      expect(textsOf(await cell)).toEqual(['a'])
      expect(textsOf(await session.execute('text(load("k"))', longYieldTime))).toEqual(['1'])
    },
  ],
  whileCalling: [
    'a session makes each of two hundred pending calls once',
    async ({ profile, kill }) => {
      await using hosts = createHostPool({ profile, size: 2, warmIsolates: 1 })
      const gate = new Gate()
      await using session = await createSession({ hosts, tools: [gate.tool] })
      const cells = ['a', 'b', 'c', 'd'].map((name) => session.execute(fiftyCallsOf(name), longYieldTime))
      await gate.called(200)
      for (let n = 0; n < 200; n++) {
        if (n % 60 === 0) kill()
        gate.open(n)
      }
      expect((await Promise.all(cells)).map(textsOf)).toEqual([['50'], ['50'], ['50'], ['50']])
      expect(new Set(gate.calls.map((call) => JSON.stringify(call))).size).toBe(200)
      expect(gate.calls).toHaveLength(200)
    },
  ],
  whileWaiting: [
    'cells that wait for calls complete, even when the next host also dies',
    async ({ profile, kill }) => {
      await using hosts = createHostPool({ profile, size: 2, warmIsolates: 1 })
      const gate = new Gate()
      await using session = await createSession({ hosts, tools: [gate.tool] })
      const source = `text(Math.random()); store("k", 1)
        const r = await tools.gate({ n: 1 }); text([r, load("k")]); text(await tools.gate({ n: 2 }))`
      const cells = [1, 2, 3].map(() => session.execute(source, longYieldTime))
      await gate.called(3)
      expect(kill()).toBeGreaterThan(0)
      for (const n of [1, 2, 3]) gate.open(n)
      await gate.called(6)
      kill()
      for (const n of [4, 5, 6]) gate.open(n)
      const outcomes = await Promise.all(cells)
      expect(outcomes.map(({ type }) => type)).toEqual(['completed', 'completed', 'completed'])
      expect(outcomes.map((outcome) => textsOf(outcome).length)).toEqual([3, 3, 3])
      expect(new Set(outcomes.map((outcome) => textsOf(outcome)[0])).size).toBe(3)
      expect(gate.calls).toHaveLength(6)
      expect(textsOf(await session.execute('text(load("k"))', longYieldTime))).toEqual(['1'])
    },
  ],
  withTimer: [
    'a timer fires once',
    async ({ hosts, kill }) => {
      const gate = new Gate()
      await using session = await createSession({ hosts, tools: [gate.tool] })
      const source = `setTimeout(() => text("timer"), 100)
        await tools.gate({}); await new Promise((r) => setTimeout(r, 200)); text("end")`
      const cell = session.execute(source, longYieldTime)
      await gate.called(1)
      kill()
      gate.open(0)
      expect(textsOf(await cell)).toEqual(['timer', 'end'])
    },
  ],
  withApprovals: [
    'a session requests an approval once and makes its call once',
    async ({ hosts, kill }) => {
      const asked: string[] = []
      const called: unknown[] = []
      await using session = await createSession({
        sessionId: 's',
        hosts,
        tools: [{ name: 'send', needsApproval: 'ask', call: (input) => called.push(input) }],
        approvals: { hold: true },
        listeners: [{ onEvent: (event) => void (event.type === 'approval_asked' && asked.push(event.callId)) }],
      })
      const source = `const all = await Promise.allSettled(['a', 'b'].map((to) => tools.send({ to })))
        text(all.map(({ status }) => status).join())
        text(await tools.send({ to: 'b' }).catch((error) => error))`
      await session.execute(source, longYieldTime)
      expect(kill()).toBeGreaterThan(0)
      const pending = session.pendingApprovals().flatMap(({ requests }) => requests.map(({ input }) => input))
      expect(pending).toEqual([{ to: 'a' }, { to: 'b' }])
      await session.decide('s/1/tool-1', { type: 'allow_in_cell', calls: 1 })
      await session.decide('s/1/tool-2', { type: 'deny', reason: 'no' })
      const outcome = await session.observe('1', longYieldTime)
      const denied = 'the call of tool `send` was denied: no'
      expect([outcome.type, textsOf(outcome)]).toEqual(['completed', ['fulfilled,rejected', denied]])
      expect({ asked, called }).toEqual({ asked: ['tool-1', 'tool-2'], called: [{ to: 'a' }] })
    },
  ],
  fiveInARow: ['a cell continues after five deaths in a row', (scene) => killInARow(scene, 5)],
  twentyInARow: ['a cell continues after twenty deaths in a row', (scene) => killInARow(scene, 20)],
  byCrash: [
    'the culprit fails, and the bystander continues',
    async ({ hosts }) => {
      const gate = new Gate()
      await using session = await createSession({ hosts, tools: [gate.tool] })
      const bystander = session.execute('text(await tools.gate({ who: "bystander" }))', longYieldTime)
      await gate.called(1)
      const crash = 'await tools.gate({ who: "culprit" }); "x".repeat(2 ** 28).split("")'
      const culprit = session.execute(crash, longYieldTime)
      await gate.called(2)
      gate.open('still here')
      gate.open('go')
      expect(textsOf(await bystander)).toEqual(['still here'])
      expect(await culprit).toMatchObject({
        type: 'failed',
        errorText: expect.stringMatching(/exec runtime ended unexpectedly|memory_mb/),
      })
      expect(gate.calls).toEqual([{ who: 'bystander' }, { who: 'culprit' }])
      expect(textsOf(await session.execute('text("next")', longYieldTime))).toEqual(['next'])
    },
  ],
  terminateWhenStopped: [
    'terminate() ends a cell on a stopped host',
    async ({ hosts, stop }) => {
      const gate = new Gate()
      await using session = await createSession({ hosts, tools: [gate.tool] })
      const cell = session.execute('await tools.gate({})', longYieldTime)
      await gate.called(1)
      expect(stop()).toBeGreaterThan(0)
      expect((await session.terminate('1')).type).toBe('terminated')
      expect((await cell).type).toBe('terminated')
      expect(textsOf(await session.execute('text("next")', longYieldTime))).toEqual(['next'])
    },
  ],
  replaceWhenStopped: [
    'a cell on a stopped host continues on another one',
    async ({ hosts, stop }) => {
      const gate = new Gate()
      await using session = await createSession({ hosts, tools: [gate.tool] })
      const cell = session.execute('text(await tools.gate({}))', longYieldTime)
      await gate.called(1)
      expect(stop()).toBeGreaterThan(0)
      gate.open('answer')
      expect(textsOf(await cell)).toEqual(['answer'])
    },
  ],
}

async function killInARow({ hosts, kill }: Scene, times: number): Promise<void> {
  const gate = new Gate()
  await using session = await createSession({ hosts, tools: [gate.tool] })
  const source = `for (let i = 0; i < ${times}; i++) text([i, await tools.gate({ i }), Math.random() < 2])`
  const cell = session.execute(source, longYieldTime)
  for (let n = 0; n < times; n++) {
    await gate.called(n + 1)
    kill()
    gate.open(n)
  }
  expect(textsOf(await cell)).toEqual(Array.from({ length: times }, (_, n) => `[${n},${n},true]`))
  expect(gate.calls).toEqual(Array.from({ length: times }, (_, i) => ({ i })))
}
