import { warnOperator } from '../../platform/process.ts'
import type { CellEnding, CellStore, SessionStore } from '../../storage/session-store.ts'
import { SnapshotKeeper } from '../../storage/snapshots/snapshot-keeper.ts'
import type { StartCommand } from '../../protocol/command.ts'
import type { EngineName } from '../../protocol/engine-name.ts'
import { anyPrintOf, enginePrintDifferences } from '../../protocol/engine-print.ts'
import type { SessionOptions } from '../api/session-options.ts'
import { DeferredCalls } from '../deferred/deferred-calls.ts'
import { RetainedOutputs } from './retained-outputs.ts'
import { PolicyEvaluator } from '../approvals/policy.ts'
import { SessionApprovals } from '../approvals/session-approvals.ts'
import { InputChecks } from '../common/input-validation.ts'
import { callListener } from '../common/call-listener.ts'
import { SessionInbox } from '../inbox/session-inbox.ts'
import type { RuntimeServices } from './runtime-services.ts'
import { StoredValues } from './stored-values.ts'
import { feedFor } from '../common/event-feed.ts'
import { createHostPool } from '../hosts/create-host-pool.ts'
import { localPoolOf, type LocalHostPool } from '../hosts/host-pool.ts'
import type { Limits } from '../common/limits.ts'
import { SessionClock } from '../common/session-clock.ts'
import { sessionEngineOf } from './session-engine.ts'
import type { SessionTools } from './session-tools.ts'
import { TypeStripper } from './type-stripper.ts'

type IgnoredSnapshot = { readonly cellId: string; readonly reason: string }

/** Returns the handler of the snapshots that are not used. It reports the first one. */
function ignoredSnapshotOf({ onWarning }: SessionOptions): SessionServices['onSnapshotIgnored'] {
  let isReported = false
  return ({ cellId, reason }) => {
    if (isReported) return
    isReported = true
    if (onWarning === undefined) warnOperator(`Cell ${cellId} is replayed from its journal: ${reason}`)
    else callListener('onWarning', () => onWarning({ type: 'snapshot_ignored', cellId, reason }))
  }
}

/** The parts of a session that its cells share. They are one object, because a session can have thousands of cells. */
export type SessionServices = RuntimeServices & {
  readonly options: SessionOptions
  /** The engine of its cells. */
  readonly engine: EngineName
  readonly limits: Limits
  readonly store: SessionStore
  readonly clock: SessionClock
  readonly storedValues: StoredValues
  readonly retainedOutputs: RetainedOutputs
  readonly stripper: TypeStripper
  readonly inputChecks: InputChecks
  /** Called with a snapshot of the store that cannot be used. The journal of its cell is replayed. */
  readonly onSnapshotIgnored: (ignored: IgnoredSnapshot) => void
  readonly approvals: SessionApprovals
  readonly deferredCalls: DeferredCalls
  readonly inbox: SessionInbox
}

/** The parts of a session that belong to one cell. */
export type CellInit = {
  readonly cellId: string
  readonly execCallId: string | null
  readonly source: string
  readonly start: StartCommand
  readonly tools: SessionTools
  readonly store: CellStore
  /** Called after the delivery of the last response. */
  readonly onClosed: (init: CellInit, ending: CellEnding) => void
}

/** Returns the handler of cells that resume on another engine; null when they wait for theirs. */
function engineChangeOf(
  { engineChange, store, onWarning }: SessionOptions,
  { isRemote }: LocalHostPool,
): RuntimeServices['onEngineChanged'] {
  // Another machine can have the engine. On a single one, the cells would wait until a user installs it again.
  const isWaiting = (engineChange ?? (store !== undefined || isRemote ? 'wait' : 'replay')) === 'wait'
  if (isWaiting) return null
  const reported = new Set<string>()
  return ({ cellId, from, to }) => {
    const differences = enginePrintDifferences(to, from)
    const key = differences.join()
    if (reported.has(key)) return
    reported.add(key)
    if (onWarning === undefined) {
      const text = differences.join(', ')
      const warning = `Cell ${cellId} resumes on another engine than it began on, and fails if it differs: ${text}`
      warnOperator(warning)
    } else callListener('onWarning', () => onWarning({ type: 'engine_changed', cellId, differences }))
  }
}

/**
 * Creates the shared parts of a session.
 *
 * @throws {CodecellError} `INVALID_OPTION` when the hosts have less memory than a cell can use or another engine, and for invalid
 * approval options; `SESSION_INVALID` for another engine than that on record
 */
export function createServices(
  options: SessionOptions,
  store: SessionStore,
  { limits, evictAfterMs }: Pick<SessionServices, 'limits' | 'evictAfterMs'>,
): SessionServices {
  const engine = sessionEngineOf(options, store)
  const pool = localPoolOf(options.hosts ?? createHostPool({ memoryMb: limits.maxMemoryMbPerCell, engine }))
  pool.checkMemory(limits.maxMemoryMbPerCell)
  const retainedOutputs = new RetainedOutputs(limits, store)
  const ownsPool = options.hosts === undefined
  const isDedicated = options.isolation === 'process-per-session' && !ownsPool
  const feed = feedFor(options.listeners)
  const inbox = new SessionInbox(store)
  const clock = new SessionClock(store)
  const approvals = new SessionApprovals({
    policy: new PolicyEvaluator(options.approvals),
    store: store.approvals,
    barrier: () => store.barrier(),
    clock,
    feed,
    onRequest: options.approvals?.onRequest ?? null,
    onBatch: options.approvals?.onBatch ?? null,
    holds: options.approvals?.hold ?? false,
  })
  inbox.onDecision = (decision, take) => approvals.takeDecision(decision, take)
  return {
    options,
    engine,
    newCellEngine: engine === pool.engineName ? null : anyPrintOf(engine),
    clock,
    limits,
    evictAfterMs,
    pool,
    owner: isDedicated ? store : null,
    session: ownsPool || isDedicated ? null : store,
    store,
    storedValues: new StoredValues(store.storedValues),
    retainedOutputs,
    retainedOutput: (cell) => retainedOutputs.get(String(cell))?.text ?? null,
    stripper: new TypeStripper(),
    inputChecks: new InputChecks({
      isEnabled: options.checkInputs !== false,
      onUnchecked: (identifier, reason) =>
        callListener('onWarning', () => options.onWarning?.({ type: 'tool_unchecked', identifier, reason })),
    }),
    onEngineChanged: engineChangeOf(options, pool),
    onSnapshotIgnored: ignoredSnapshotOf(options),
    snapshots: new SnapshotKeeper({ memory: limits.maxReplayCharsInMemory, disk: limits.maxSpillBytes }),
    feed,
    inbox,
    deferredCalls: new DeferredCalls({ store, limits, inbox, clock }),
    approvals,
  }
}
