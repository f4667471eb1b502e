import {
  createHostPool,
  createSession,
  engineIdOf,
  type CellOutcome,
  type EngineName,
  type EnginePrint,
  type HostPoolOptions,
} from '../../../index.ts'
import { messageOf } from '../../../errors.ts'
import { takenEngine } from '../../../installation/taken-engine.ts'
import { loadV8 } from '../../../installation/v8-support.ts'
import type { Finding } from './doctor-finding.ts'

/** A cell that ran on a host of its own, and the engine that the host reported. */
export type TestRun = {
  readonly outcome: CellOutcome
  readonly engine: EnginePrint | null
  /** Time from the start of the host to the end of the cell, in milliseconds. */
  readonly ms: number
  /** The reasons of starts that failed before one succeeded. */
  readonly failedStarts: readonly string[]
}

/** The state of an engine. A member is null when it is unknown, or there is nothing to say. */
type EngineReport = {
  readonly available: boolean
  readonly id: string | null
  readonly print: EnginePrint | null
  readonly reason: string | null
  readonly advice: string | null
}

/** The engines of this installation, and the one that `auto` takes. */
export type EngineReports = { readonly auto: EngineName } & Readonly<Record<EngineName, EngineReport>>

/** The engine that `auto` takes on this machine. */
export function autoEngine(): EngineName {
  return takenEngine(loadV8()).engine
}

/**
 * Runs a cell on a host of its own.
 *
 * @throws {CodecellError} `HOST_START_FAILED`
 */
export async function runOnHost(options: HostPoolOptions): Promise<TestRun> {
  const startedAt = performance.now()
  let engine: EnginePrint | null = null
  await using pool = createHostPool({ ...options, size: 1 })
  await using session = await createSession({
    hosts: pool,
    listeners: [{ onEvent: (event) => void (event.type === 'cell_hosted' && (engine = event.engine)) }],
  })
  const outcome = await session.execute('text(6 * 7)')
  return { outcome, engine, ms: Math.round(performance.now() - startedAt), failedStarts: pool.failedStarts }
}

/** Returns the state of both engines. `known` is the run of a cell on the one that `auto` takes; null when no host started. */
export async function engineReports(known: TestRun | null): Promise<EngineReports> {
  const auto = autoEngine()
  const report = async (name: EngineName): Promise<EngineReport> =>
    name === auto && known !== null ? reportOf(known) : await reportFor(name)
  return { auto, v8: await report('v8'), quickjs: await report('quickjs') }
}

async function reportFor(name: EngineName): Promise<EngineReport> {
  const v8 = loadV8()
  if (name === 'v8' && v8.type === 'missing') return missing(v8.reason, v8.advice)
  try {
    return reportOf(await runOnHost({ engine: name }))
  } catch (error) {
    return missing(messageOf(error), 'Reinstall codecell')
  }
}

function reportOf({ outcome, engine }: TestRun): EngineReport {
  const id = engine === null ? null : engineIdOf(engine)
  if (outcome.type === 'completed') return { available: true, id, print: engine, reason: null, advice: null }
  return { ...missing(`a cell ended as "${outcome.type}"`, 'Reinstall codecell'), id, print: engine }
}

function missing(reason: string, advice: string): EngineReport {
  return { available: false, id: null, print: null, reason, advice }
}

/** Returns the lines about engines. */
export function engineLines(reports: EngineReports): readonly Omit<Finding, 'check'>[] {
  const label = { v8: 'V8', quickjs: 'QuickJS' } as const
  const taken: Omit<Finding, 'check'> = {
    state: 'ok',
    text: `Engine "auto" takes ${label[reports.auto]}`,
    advice: null,
  }
  const states = (['v8', 'quickjs'] as const).map((name): Omit<Finding, 'check'> => {
    const { available, id, print, reason, advice } = reports[name]
    const version = print === null ? '' : ` ${print.version} (${id})`
    return available
      ? { state: 'ok', text: `Engine "${name}" runs cells: ${label[name]}${version}`, advice: null }
      : { state: 'note', text: `Engine "${name}" is not available: ${reason}`, advice }
  })
  return [...states, taken]
}
