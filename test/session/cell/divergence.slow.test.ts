import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSession, type CellOutcome, type Session, type SessionOptions } from '../../../src/index.ts'
import { newFolder } from '../../support/folder.ts'
import { programs } from '../../determinism/programs.ts'
import { divergencesOf, PlantedHosts, type Divergence } from '../hosts/planted-hosts.ts'

/** Returns a program that waits for the test after `program`, so that the test can replay it. */
const heldProgram = (program: string): string => `
await (async () => { ${program} })()
image("data:image/png;base64,AAAA")
const timer = setTimeout(() => text("never"), 3_600_000)
clearTimeout(timer)
store("end", 1)
await tools.hold({})
text("after")`

/** An interruption of a waiting cell that causes a replay. */
type Interruption = {
  readonly name: string
  readonly options: (folder: string) => Partial<SessionOptions>
  readonly interrupt: (run: HeldRun) => Promise<void>
}

const interruptions: readonly Interruption[] = [
  { name: 'revived after its host died', options: () => ({}), interrupt: async ({ hosts }) => hosts.kill() },
  {
    name: 'evicted',
    options: () => ({ evictAfterMs: 0 }),
    interrupt: (run) => expect.poll(() => run.isEvicted, { interval: 1 }).toBe(true),
  },
  {
    name: 'opened again in another process',
    options: (folder) => ({ storage: folder, sessionId: 'one' }),
    interrupt: (run) => run.reopen(),
  },
]

/** One cell that waits for `hold`, on hosts that can diverge. */
class HeldRun implements AsyncDisposable {
  readonly asked: unknown[] = []
  readonly held: unknown[] = []
  readonly #waits = Promise.withResolvers<boolean>()
  isEvicted = false
  hosts = new PlantedHosts()
  #session: Session | null = null
  #outcome: Promise<CellOutcome> | null = null
  readonly #options: Partial<SessionOptions>

  constructor(options: Partial<SessionOptions>) {
    this.#options = options
  }

  async open(): Promise<Session> {
    this.#session = await createSession({
      ...this.#options,
      hosts: this.hosts.pool,
      deadlock: 'fail',
      // With this option the host also emits source locations.
      listeners: [{ wantsSourceLocations: true, onEvent: (event) => this.#onEvent(event.type) }],
      tools: [
        { name: 'ask', call: (input) => this.asked.push(input) },
        // A call that waits for a decision has not left the cell.
        { name: 'hold', needsApproval: 'ask', call: (input) => this.held.push(input) },
      ],
      approvals: { hold: true },
    })
    return this.#session
  }

  #onEvent(type: string): void {
    if (type === 'approval_asked') this.#waits.resolve(true)
    if (type === 'cell_evicted') this.isEvicted = true
    if (type === 'cell_revived') this.isEvicted = false
  }

  /** Returns whether the cell reaches `hold`. The program can end or stall before. */
  async start(program: string): Promise<boolean> {
    const session = await this.open()
    const started = await session.execute(heldProgram(program), { yieldTimeMs: 0 })
    if (started.type !== 'yielded') return false
    this.#outcome = lastOutcome(session)
    const ended = this.#outcome.then(
      () => false,
      () => false,
    )
    return await Promise.race([this.#waits.promise, ended])
  }

  async reopen(): Promise<void> {
    await this.#session?.close()
    await this.hosts.pool[Symbol.asyncDispose]()
    const { divergence, events } = this.hosts
    this.hosts = new PlantedHosts(events)
    this.hosts.divergence = divergence
    const session = await this.open()
    this.#outcome = lastOutcome(session)
  }

  /** Lets the cell continue and returns how it ended. */
  async end(): Promise<string> {
    const session = this.#session
    let isOver = false
    void this.#outcome?.then(() => (isOver = true))
    await expect.poll(() => isOver || session?.pendingApprovals().length === 1, { interval: 1 }).toBe(true)
    if (isOver) return await this.#ending()
    const [batch] = session?.pendingApprovals() ?? []
    await session?.decide(batch?.requests.map(({ key }) => key) ?? [], { type: 'allow' })
    return await this.#ending()
  }

  async #ending(): Promise<string> {
    const outcome = await this.#outcome
    return outcome?.type === 'failed' ? outcome.errorText : String(outcome?.type)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session?.close()
    await this.hosts.pool[Symbol.asyncDispose]()
  }
}

async function lastOutcome(session: Session): Promise<CellOutcome> {
  for (;;) {
    const outcome = await session.observe('1', { yieldTimeMs: 600_000 })
    if (outcome.type !== 'yielded') return outcome
  }
}

describe.each(interruptions)('a cell that was $name', ({ options, interrupt }) => {
  async function run(program: string, pick: (all: readonly Divergence[]) => Divergence | null): Promise<Ended> {
    await using held = new HeldRun(options(newFolder()))
    fc.pre(await held.start(program))
    const { events } = held.hosts
    // Later events have not left the cell, so a replay does not compare them.
    const last = events.findLastIndex((event) => event.type === 'tool_call' && event.tool === 'hold')
    const divergence = pick(divergencesOf(events).filter(({ at }) => at <= last))
    held.hosts.divergence = divergence
    await interrupt(held)
    const end = await held.end()
    const { asked, hosts, held: calls } = held
    const known = hosts.events.filter((event) => event.type === 'tool_call' && event.tool === 'ask')
    return { end, divergence, asked: asked.length - known.length, held: calls.length }
  }

  test('the cell continues when its replay is the same', async () => {
    await fc.assert(
      fc.asyncProperty(programs, async (program) => {
        expect((await run(program, () => null)).end).toBe('completed')
      }),
      { numRuns: 5, endOnFailure: true },
    )
  })

  test('the cell fails at the first event that differs in its replay, and nothing after it leaves the cell', async () => {
    await fc.assert(
      fc.asyncProperty(programs, fc.nat(), async (program, choice) => {
        const { end, divergence, asked, held: calls } = await run(program, (all) => all[choice % all.length] ?? null)
        expect(end).toMatch(/^the replay of the program diverged from its recorded run: event \d+/)
        const found = Number(/event (\d+)/.exec(end)?.[1]) - 1
        // When one of several equal events is missing, the event after the last of them differs.
        if (divergence?.kind === 'an event less') expect(found).toBeGreaterThanOrEqual(divergence.at)
        else expect(found).toBe(divergence?.at)
        expect({ moreAsked: asked > 0, heldTwice: calls > 1 }).toEqual({ moreAsked: false, heldTwice: false })
      }),
      { numRuns: 12, endOnFailure: true },
    )
  })
})

type Ended = {
  readonly end: string
  readonly divergence: Divergence | null
  /** The number of calls of `ask` that no earlier run made. */
  readonly asked: number
  readonly held: number
}

test('a session detects every kind of divergence of an event', async () => {
  const program = `text("a"); notify("n"); await tools.ask({ n: 1 }); audio("data:audio/wav;base64,AAAA"); yield_control()
    await new Promise((done) => setTimeout(done, 1))`
  await using sample = new HeldRun({})
  await sample.start(program)
  const kinds = new Map(divergencesOf(sample.hosts.events).map((divergence) => [divergence.kind, divergence]))
  const ends = new Map<string, string>()
  for (const [kind, divergence] of kinds) {
    await using held = new HeldRun({})
    await held.start(program)
    held.hosts.divergence = divergence
    held.hosts.kill()
    ends.set(kind, (await held.end()).replace(/^.*: event \d+,? /, ''))
  }
  expect(Object.fromEntries(ends)).toMatchInlineSnapshot(`
    {
      "an event less": "was a call and is now a source location",
      "an event more": "was a call and is now a text",
      "another character of a URL": "is an image again, with another URL",
      "another character of a text": "is an audio item again, with another URL",
      "another character of a value": "is a stored value again, with another value",
      "another character of an input": "is a call of \`hold\` again, with another input",
      "another column": "is a source location again, with another line or column",
      "another delay": "is a timer again, with another delay, time or number",
      "another detail": "is an image again, with another detail",
      "another key": "is a stored value again, with another key",
      "another order": "was a source location and is now a call of \`hold\`",
      "another timer": "is the end of a timer again, with another number",
      "another tool": "is a call of \`ask\` again, with another tool or number",
      "another type": "was a call and is now a notification",
    }
  `)
})
