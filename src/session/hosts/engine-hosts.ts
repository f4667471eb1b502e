import { engineIdOf, isSameEngine, missingEngineReason, type EnginePrint } from '../../protocol/engine-print.ts'
import { HostGroup, type HostGroupInit, type SlotRequest } from './host-group.ts'
import type { Host } from './host.ts'
import { HostStarts } from './host-starts.ts'

/** The session that has its own hosts; null for hosts that all sessions share. */
export type Owner = object | null

export type EngineHostsInit = {
  /** The properties of the groups. */
  readonly group: Pick<HostGroupInit, 'maxCells' | 'release'>
  /** Starts a host with an engine. Throws when no host can be started. */
  readonly start: (engine: EnginePrint, group: () => HostGroup) => Host
  /** Called when starts with an engine fail for a new reason, or succeed again. */
  readonly onTrouble: (starts: HostStarts) => void
  /** Returns the engine of this name that the pool can start; null when it is unknown. */
  readonly ownEngine: (name: string) => EnginePrint | null
  /** Called with a request that names another engine from now on. */
  readonly onWaived: (owner: Owner, request: SlotRequest) => void
}

/** Maximum pause between attempts to start a host with an engine, in milliseconds. */
const maxPauseMs = 30_000

type EngineStarts = { readonly engine: EnginePrint; readonly starts: HostStarts }

/**
 * The hosts for cells that began on an engine which the other hosts of a pool do not have: one host for each engine and owner, while
 * such cells run.
 */
export class EngineHosts {
  readonly #init: EngineHostsInit
  readonly #groups = new Map<Owner, Map<string, HostGroup>>()
  /** The recent starts with each engine. A missing engine must not delay the hosts of other cells. */
  readonly #starts = new Map<string, EngineStarts>()

  constructor(init: EngineHostsInit) {
    this.#init = init
  }

  /** Requests a slot on a host with the engine of the request. */
  requestSlot(owner: Owner, engine: EnginePrint, request: SlotRequest): void {
    const { trouble } = this.startsFor(engine)
    const isMissing = trouble === missingEngineReason(engine)
    const waived = isMissing ? request.waiveEngine(this.#init.ownEngine(engine.name)) : 'wait'
    if (waived === 'other') return this.#init.onWaived(owner, request)
    if (waived === 'wait') this.#groupOf(owner, engine).requestSlot(request)
  }

  /**
   * Resolves when a host with an engine is ready.
   *
   * @throws {CodecellError} `HOST_START_FAILED` when no host starts
   */
  async warmFor(owner: Owner, engine: EnginePrint): Promise<void> {
    await this.#groupOf(owner, engine).warm()
  }

  /** Returns the starts of hosts with an engine. */
  startsFor(engine: EnginePrint): HostStarts {
    const id = engineIdOf(engine)
    const known = this.#starts.get(id)
    if (known !== undefined) return known.starts
    // A start can fail while its group serves requests.
    const starts: HostStarts = new HostStarts(
      () => queueMicrotask(() => this.#onTrouble({ engine, starts })),
      maxPauseMs,
    )
    this.#starts.set(id, { engine, starts })
    return starts
  }

  get groups(): IteratorObject<HostGroup> {
    return this.#groups.values().flatMap((byEngine) => byEngine.values())
  }

  /** Forgets the groups of an owner, and returns their hosts. */
  removeOwner(owner: object): readonly Host[] {
    const groups = [...(this.#groups.get(owner)?.values() ?? [])]
    this.#groups.delete(owner)
    return groups.flatMap(({ hosts }) => [...hosts])
  }

  /** Prevents further starts. */
  close(): void {
    for (const { starts } of this.#starts.values()) starts.close()
  }

  #groupOf(owner: Owner, engine: EnginePrint): HostGroup {
    const byEngine = this.#groups.get(owner) ?? new Map<string, HostGroup>()
    this.#groups.set(owner, byEngine)
    const id = engineIdOf(engine)
    const existing = byEngine.get(id) ?? byEngine.values().find((each) => hasEngine(each, engine))
    if (existing !== undefined) return existing
    const starts = this.startsFor(engine)
    const group: HostGroup = new HostGroup({
      ...this.#init.group,
      engine,
      min: 0,
      max: 1,
      start: () => this.#init.start(engine, () => group),
      starts,
      // The next host of a group for any version can have another one. The group of the version itself only starts hosts that fit.
      onMisfit: (request) => this.requestSlot(owner, request.engine ?? engine, request),
    })
    byEngine.set(id, group)
    return group
  }

  #onTrouble({ engine, starts }: EngineStarts): void {
    const id = engineIdOf(engine)
    const { trouble } = starts
    for (const [owner, byEngine] of this.#groups) {
      const group = byEngine.get(id)
      if (group === undefined) continue
      if (trouble === missingEngineReason(engine)) this.#waive(owner, group, engine)
      group.onTrouble(trouble)
    }
    this.#init.onTrouble(starts)
  }

  #waive(owner: Owner, group: HostGroup, engine: EnginePrint): void {
    const own = this.#init.ownEngine(engine.name)
    const waived = [...group.requests].map((request) => ({ request, type: request.waiveEngine(own) }))
    for (const { request, type } of waived) {
      if (type !== 'wait') group.withdraw(request)
      if (type === 'other') this.#init.onWaived(owner, request)
    }
  }
}

/** Returns whether the hosts of a group are known to have an engine. New cells do not share the hosts of an earlier version. */
function hasEngine(group: HostGroup, engine: EnginePrint): boolean {
  return engine.version !== '' && group.engine !== null && isSameEngine(group.engine, engine)
}
