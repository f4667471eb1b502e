import { createCodeModeTools, createSession, type CodeModeTools, type Session } from '../../src/index.ts'
import { messageOf } from '../../src/errors.ts'
import type { SeededRandom } from '../faults/random.ts'
import { frontPlays } from './front-plays.ts'
import { hostileTools } from './hostile-tools.ts'
import { patienceMs, plays, summaryOf } from './plays.ts'
import { programs, weighted } from './programs.ts'
import type { StageKind, StageParts } from './stages.ts'

export type StageAround = StageParts & { readonly user: AbortSignal; readonly random: SeededRandom }

/** The allowed endings of a cell whose hosts are killed repeatedly. */
const killed = /exec runtime ended unexpectedly: the host process died/

type Act = {
  readonly name: string
  readonly weight: number
  readonly run: (n: number) => Promise<string>
  readonly ends: (n: number) => RegExp
}

/** A session that plays in sequence, and is closed and opened again occasionally. */
export class Stage {
  readonly kind: StageKind
  readonly #around: StageAround
  readonly #acts: readonly Act[]
  #session: Session
  #front: CodeModeTools
  #generation = 0
  #rounds = 0
  #plays = 0

  private constructor(kind: StageKind, around: StageAround, session: Session) {
    this.kind = kind
    this.#around = around
    this.#session = session
    this.#front = frontOf(session, 0)
    this.#acts = kind.hasFront ? this.#frontActs() : this.#cellActs()
  }

  static async open(kind: StageKind, around: StageAround): Promise<Stage> {
    return new Stage(kind, around, await openSession(kind, around, 0))
  }

  #frontActs(): readonly Act[] {
    const { user } = this.#around
    return frontPlays.map(({ play, ends, ...rest }) => ({
      ...rest,
      run: () => play(this.#front, user),
      ends: () => ends,
    }))
  }

  #cellActs(): readonly Act[] {
    const { user: signal } = this.#around
    const run = async (source: string): Promise<string> =>
      summaryOf(await this.#session.execute(source, { signal, yieldTimeMs: patienceMs }))
    return [
      ...programs
        // A program that takes all the memory it can get would take it from the hosts that are measured.
        .filter(({ weight }) => this.kind.isRough || weight >= 1)
        .map(({ name, weight, source, ends }) => ({ name, weight, ends, run: (n: number) => run(source(n)) })),
      ...plays.map(({ play, ends, ...rest }) => ({
        ...rest,
        run: (n: number) => play(this.#session, { user: signal, n }),
        ends: () => ends,
      })),
    ]
  }

  /** Runs one play. Returns a description of what went wrong, or null. */
  async play(): Promise<string | null> {
    const act = weighted(this.#around.random, this.#acts)
    const n = ++this.#plays
    const seen = await act.run(n).catch((error: unknown) => `threw ${messageOf(error)}`)
    if (act.ends(n).test(seen) || (this.kind.isRough && killed.test(seen))) return null
    return `${this.kind.name}: ${act.name}: ${seen.slice(0, 500)}`
  }

  replaceTools(): void {
    this.#session.setTools(hostileTools(this.#around.random))
  }

  /**
   * Makes many calls: a session remembers the latest 20,000 calls of ended cells, and is flat once it does. With some
   * 2000 in every round that takes ten rounds.
   */
  async flood(calls: number): Promise<void> {
    const source = `for (let n = 0; n < ${calls}; n += 100) await Promise.all(Array.from({ length: 100 }, () => tools.echo({})))`
    await this.#session.execute(source, { signal: this.#around.user, yieldTimeMs: patienceMs })
  }

  /** Ends a round. Returns a description of what went wrong when the session was opened again, or null. */
  async endRound(): Promise<string | null> {
    this.#rounds++
    const { renewedAfter } = this.kind
    if (renewedAfter === null) await this.flood(2000)
    if (renewedAfter === null || this.#rounds % renewedAfter !== 0) return null
    const { type, cellId } = await this.#session.execute(
      'yield_control(); await tools.slow({ ms: 30 }); text("went on")',
      { signal: this.#around.user, yieldTimeMs: patienceMs },
    )
    await this.close()
    this.#session = await openSession(this.kind, this.#around, ++this.#generation)
    this.#front = frontOf(this.#session, this.#generation)
    if (this.#session.cells().length === 0) return null
    const ended = summaryOf(await this.#session.observe(cellId, { yieldTimeMs: patienceMs }))
    const seen = `${type}; ${ended}`
    return seen === 'yielded; completed went on' ? null : `${this.kind.name}: a cell that outlives its session: ${seen}`
  }

  async close(): Promise<void> {
    await this.#session.close()
  }
}

async function openSession(kind: StageKind, around: StageAround, generation: number): Promise<Session> {
  return await createSession({ ...kind.options(around, generation), tools: hostileTools(around.random) })
}

/** Type notes use most of a CPU core, so only some sessions have them. */
function frontOf(session: Session, generation: number): CodeModeTools {
  return createCodeModeTools(session, { typeNotes: generation % 4 === 1 })
}
