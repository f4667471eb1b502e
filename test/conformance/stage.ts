import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '../../src/errors.ts'
import type { Adapter, AdapterModel, AdapterSession, SessionRequest } from './adapter.ts'
import { callTool, cancelled, ToolFailure } from './behaviours.ts'
import type { CellStep, ConformanceCase, Step } from './case.ts'
import type { Observed, StepOutcome, Tolerance } from './expectation.ts'
import { Gates } from './gates.ts'
import { SideEvents } from './side-events.ts'

/** Maximum wait for a call at a gate, or for calls and notifications to arrive, in milliseconds. */
const arrivalMs = 5000

/** A step that is neither an operation on a cell nor the end of one. */
type PlainStep = Exclude<Step, CellStep | { readonly do: 'join' }>

type OpenSession = { readonly session: AdapterSession; readonly events: SideEvents; readonly gates: Gates }

type RunningOperation = {
  readonly observed: Promise<Observed>
  readonly cancel: AbortController
  readonly preempt: AbortController
  readonly events: SideEvents
}

/** The sessions of one round of a case, and the operations that it has started. */
export class Stage {
  readonly #case: ConformanceCase
  readonly #adapter: Adapter
  readonly #tolerance: Tolerance
  readonly #sessions = new Map<string, OpenSession>()
  readonly #operations = new Map<string, RunningOperation>()
  #model: AdapterModel | null = null

  constructor(conformanceCase: ConformanceCase, adapter: Adapter, tolerance: Tolerance) {
    this.#case = conformanceCase
    this.#adapter = adapter
    this.#tolerance = tolerance
  }

  /** Performs one step and returns its result. Throws for an invalid step. */
  async play(step: Step): Promise<Observed> {
    switch (step.do) {
      case 'exec':
      case 'wait':
      case 'terminate':
        return await this.#operate(step)
      case 'join':
        return await this.#operation(step.ref).observed
      default: {
        const started = performance.now()
        const outcome = await this.#playPlain(step)
        return { outcome, ms: performance.now() - started, cancelledBefore: [] }
      }
    }
  }

  /** Returns the side events of the session that a step is about, if there is one. */
  eventsOf(step: Step): SideEvents | null {
    if ('ref' in step) return this.#operation(step.ref).events
    return 'session' in step ? (this.#sessions.get(step.session)?.events ?? null) : null
  }

  async close(): Promise<void> {
    for (const { cancel } of this.#operations.values()) cancel.abort()
    await Promise.all([...this.#sessions.values()].map(({ session }) => session.shutdown()))
    await this.#model?.close()
  }

  async #playPlain(step: PlainStep): Promise<StepOutcome> {
    switch (step.do) {
      case 'shutdown': {
        const { session } = await this.#session(step.session)
        return await outcomeOf(session.shutdown(), () => ({ outcome: 'done' }))
      }
      case 'openSession':
        await this.#open(step.session)
        return { outcome: 'done' }
      case 'cancel':
      case 'preempt':
        this.#operation(step.ref)[step.do].abort()
        return { outcome: 'done' }
      case 'sleep':
        // waits because the case says so
        await pause(step.ms + Math.random() * step.jitterMs)
        return { outcome: 'done' }
      case 'check':
        await this.#session(step.session)
        // waits because the case lets that much time pass before it looks
        await pause(step.settleMs)
        return { outcome: 'done' }
      case 'openGate':
      case 'awaitCalls':
      case 'awaitNotifications':
        return await this.#arrival(step)
      case 'parse':
        return await outcomeOf(
          parsed(this.#adapter, step.input),
          (exec) => ({ outcome: 'done', failure: null, ...exec }),
          'failure',
        )
      case 'modelExec': {
        const model = await this.#openModel()
        return await outcomeOf(
          model.exec(step.input, step.callId),
          (value) => ({ outcome: 'done', failure: null, ...value }),
          'failure',
        )
      }
      case 'modelWait': {
        const model = await this.#openModel()
        return await outcomeOf(
          model.wait(step.arguments),
          (value) => ({ outcome: 'done', failure: null, ...value }),
          'failure',
        )
      }
      case 'call':
        return await outcomeOf(
          called(this.#adapter, step.fn, step.args),
          (value) => ({ outcome: 'done', value }),
          'throws',
        )
      default:
        return step satisfies never
    }
  }

  async #arrival(step: Extract<Step, { do: 'openGate' | 'awaitCalls' | 'awaitNotifications' }>): Promise<StepOutcome> {
    const { gates, events } = await this.#session(step.session)
    const timeoutMs = arrivalMs * this.#tolerance.timeFactor
    switch (step.do) {
      case 'openGate':
        if (await gates.open(step.key, step.value, timeoutMs)) return { outcome: 'done' }
        throw new Error(`Cannot open the gate "${step.key}": no call stands there`)
      case 'awaitCalls':
        if (await events.until(() => events.calls.length >= step.count, timeoutMs)) return { outcome: 'done' }
        throw new Error(`Cannot continue: ${events.calls.length} calls of ${step.count} were seen`)
      case 'awaitNotifications':
        if (await events.until(() => events.notifications.length >= step.count, timeoutMs)) return { outcome: 'done' }
        throw new Error(`Cannot continue: ${events.notifications.length} notifications of ${step.count} were seen`)
      default:
        return step satisfies never
    }
  }

  async #operate(step: CellStep): Promise<Observed> {
    const { session, events } = await this.#session(step.session)
    const cancel = new AbortController()
    const preempt = new AbortController()
    const observed = this.#observe(step, session, events, cancel.signal, preempt.signal)
    if (step.as === undefined) return await observed
    this.#operations.set(step.as, { observed, cancel, preempt, events })
    return { outcome: { outcome: 'started' }, ms: 0, cancelledBefore: [] }
  }

  async #observe(
    step: CellStep,
    session: AdapterSession,
    events: SideEvents,
    signal: AbortSignal,
    preempt: AbortSignal,
  ): Promise<Observed> {
    const started = performance.now()
    const operation = outcomeOf(startOperation(step, session, signal, preempt), (response) => response)
    const outcome = await withTimeout(operation, step.timeoutMs)
    return { outcome, ms: performance.now() - started, cancelledBefore: [...events.cancelled] }
  }

  #operation(ref: string): RunningOperation {
    const operation = this.#operations.get(ref)
    if (operation === undefined) throw new Error(`Cannot find operation "${ref}": no step started it`)
    return operation
  }

  async #session(name: string): Promise<OpenSession> {
    const open = this.#sessions.get(name)
    if (open !== undefined) return open
    if (name !== 'main') throw new Error(`Cannot use session "${name}": no step opened it`)
    return await this.#open(name)
  }

  async #open(name: string): Promise<OpenSession> {
    const events = new SideEvents()
    const gates = new Gates()
    const session = await this.#adapter.openSession(this.#request(events, gates))
    const open = { session, events, gates }
    this.#sessions.set(name, open)
    return open
  }

  async #openModel(): Promise<AdapterModel> {
    this.#model ??= await this.#adapter.openModel(this.#request(new SideEvents(), new Gates()))
    return this.#model
  }

  #request(events: SideEvents, gates: Gates): SessionRequest {
    const { tools, session, notify } = this.#case
    return {
      tools,
      maxYieldMs: session.maxYieldMs,
      deferAll: session.deferAll,
      boundedOutput: session.boundedOutput,
      onToolCall: (call) => {
        events.called(call)
        const spec = tools.find(({ name, namespace }) => name === call.name && namespace === call.namespace)
        if (spec === undefined) throw new ToolFailure(`the case has no tool "${call.name}"`)
        return callTool(spec, call, gates)
      },
      onNotify: async ({ text, signal }) => {
        events.notified(text)
        if (notify.type === 'hang') await cancelled(signal)
        else if (notify.type === 'fail') throw new Error('notifications fail in this case')
        // waits because the case asks for a handler that takes so long
        else if (notify.delayMs > 0) await pause(notify.delayMs, undefined, { signal })
      },
      onClosed: (cell) => events.cellClosed(cell),
    }
  }
}

function startOperation(
  step: CellStep,
  session: AdapterSession,
  signal: AbortSignal,
  preempt: AbortSignal,
): Promise<StepOutcome> {
  switch (step.do) {
    case 'exec': {
      const { yieldMs, maxTokens, callId } = step
      return session.execute(step.source, { yieldMs, maxTokens, callId, signal, preempt })
    }
    case 'wait':
      return session.wait(step.cell, { yieldMs: step.yieldMs, maxTokens: step.maxTokens, signal, preempt })
    case 'terminate':
      return session.terminate(step.cell, { maxTokens: step.maxTokens })
    default:
      return step satisfies never
  }
}

async function parsed(adapter: Adapter, input: unknown): Promise<ReturnType<Adapter['parseExec']>> {
  return adapter.parseExec(input)
}

async function called(adapter: Adapter, name: string, args: readonly unknown[]): Promise<unknown> {
  const plain = adapter.functions.get(name)
  if (plain === undefined) throw new Error(`Cannot call "${name}": the implementation has no such function`)
  return await plain(...args)
}

/** Returns the outcome of an operation; a rejection is the outcome `error` with its text under `field`. */
async function outcomeOf<Value>(
  operation: Promise<Value>,
  describe: (value: Value) => StepOutcome,
  field: 'message' | 'failure' | 'throws' = 'message',
): Promise<StepOutcome> {
  try {
    return describe(await operation)
  } catch (error) {
    return { outcome: 'error', [field]: messageOf(error) }
  }
}

async function withTimeout(operation: Promise<StepOutcome>, timeoutMs: number): Promise<StepOutcome> {
  const timer = new AbortController()
  try {
    // waits because a step of a case gives up after a duration
    return await Promise.race([operation, pause(timeoutMs, { outcome: 'timeout' }, { signal: timer.signal })])
  } finally {
    timer.abort()
  }
}
