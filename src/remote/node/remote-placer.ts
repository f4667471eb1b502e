import { messageOf } from '../../errors.ts'
import { oldestProtocolVersion, protocolVersion } from '../../protocol/message.ts'
import { anyPrintOf, missingEngineReason, type EnginePrint } from '../../protocol/engine-print.ts'
import type { Transport } from '../../protocol/transport.ts'
import type { HostNeeds, HostPlacer } from '../../session/hosts/host-placer.ts'
import { hostPortText, isLoopback, parseHostPort, resolveAddress, type ResolvedAddress } from '../link/addresses.ts'
import { checkCertificates } from '../link/certificates.ts'
import type { Hello } from '../link/link-message.ts'
import { dial, type DialFailure, type NodeTls } from './dial.ts'
import type { Link } from './link.ts'
import { LinkTransport, type Placement } from './link-transport.ts'
import { SupervisorChoice } from './supervisor-choice.ts'

/** Maximum number of reasons in a text for the operator. */
const maxReasons = 5

export type RemotePlacerInit = {
  readonly addresses: () => Promise<readonly string[]> | readonly string[]
  readonly tls: () => Promise<NodeTls | null> | NodeTls | null
  readonly tenant: string
  /** Called with the reason when no supervisor gives a host, and only again when the reason changes. */
  readonly onWarning: (message: string) => void
}

type Failure = { readonly where: string; readonly failure: DialFailure }

/** Places hosts on the machines of supervisors. */
export class RemotePlacer implements HostPlacer {
  readonly isRemote = true
  readonly #init: RemotePlacerInit
  readonly #choice = new SupervisorChoice()
  #lastWarning = ''

  constructor(init: RemotePlacerInit) {
    this.#init = init
  }

  place(needs: HostNeeds): Transport {
    return new LinkTransport((signal) => this.#connect(needs, signal))
  }

  async #connect(needs: HostNeeds, signal: AbortSignal): Promise<Placement> {
    try {
      const tls = await this.#init.tls()
      if (tls !== null) checkCertificates(tls)
      const { found, failures } = await this.#resolve()
      const link = await this.#dialAll(found, { hello: this.#hello(needs), tls, signal, failures })
      return link ?? this.#failed(failures, needs.engine ?? null)
    } catch (error) {
      return this.#failed([{ where: '', failure: { type: 'misconfigured', reason: messageOf(error) } }])
    }
  }

  #hello({ engine = null, engineName = 'v8', profile, memoryMb, timeZone, locale }: HostNeeds): Hello {
    const { tenant } = this.#init
    // Without a print, a supervisor of any version starts V8, unless its operator has chosen another engine.
    const print = engine === null && engineName !== 'v8' ? anyPrintOf(engineName) : engine
    const versions = { protocol: protocolVersion, oldest: oldestProtocolVersion }
    return { type: 'hello', ...versions, tenant, print, profile, memoryMb, timeZone, locale }
  }

  /** Returns all addresses of all names, and the names that cannot be resolved. */
  async #resolve(): Promise<{ readonly found: readonly ResolvedAddress[]; readonly failures: Failure[] }> {
    const listed = await this.#init.addresses()
    const failures: Failure[] = []
    if (listed.length === 0) {
      failures.push({ where: '', failure: { type: 'unreachable', reason: 'the list of addresses is empty' } })
    }
    const resolved = listed.map(async (text) => {
      try {
        return await resolveAddress(parseHostPort(text, 'addresses'))
      } catch (error) {
        failures.push({ where: text, failure: { type: 'unreachable', reason: messageOf(error) } })
        return []
      }
    })
    const found = (await Promise.all(resolved)).flat()
    this.#choice.keepOnly(found)
    return { found, failures }
  }

  /** Asks the supervisors in turn. Returns null when none gives a host, with the reasons in `failures`, and after an abort. */
  async #dialAll(
    found: readonly ResolvedAddress[],
    ask: Parameters<typeof dial>[1] & { readonly failures: Failure[] },
  ): Promise<Placement | null> {
    for (const address of this.#choice.order(found)) {
      if (ask.signal.aborted) return null
      const where = hostPortText(address.ip, address.port)
      if (ask.tls === null && !isLoopback(address.ip)) {
        const reason = 'without TLS, expected a loopback address'
        ask.failures.push({ where, failure: { type: 'misconfigured', reason } })
        continue
      }
      this.#choice.onDial(address)
      const dialed = await dial(address, ask)
      this.#choice.onDialed(address)
      if (dialed.type === 'accepted') return this.#accepted(address, dialed.link, dialed.use)
      if (ask.signal.aborted) return null
      const { failure } = dialed
      if (failure.type === 'busy') this.#choice.onUse(address, failure.use)
      else if (failure.type !== 'engine_missing') this.#choice.avoid(address)
      ask.failures.push({ where, failure })
    }
    return null
  }

  #accepted(address: ResolvedAddress, link: Link, use: { readonly used: number; readonly slots: number }): Placement {
    this.#choice.onAccepted(address)
    this.#choice.onUse(address, use)
    this.#lastWarning = ''
    return {
      type: 'placed',
      link,
      onUse: (changed) => this.#choice.onUse(address, changed),
      onLeaving: (inMs) => this.#choice.avoid(address, inMs),
    }
  }

  /** Returns the reason for models, which has no addresses, and for the operator, which has. */
  #failed(failures: readonly Failure[], engine: EnginePrint | null = null): Placement {
    const types = new Set(failures.map(({ failure }) => failure.type))
    // Another supervisor can have the engine, unless all say that they do not.
    const isMissing = engine !== null && types.size === 1 && types.has('engine_missing')
    const reason = isMissing ? missingEngineReason(engine) : reasonOf(types)
    const texts = failures.map(({ where, failure }) => (where === '' ? failure.reason : `${where}: ${failure.reason}`))
    const more = texts.length > maxReasons ? [`${texts.length - maxReasons} more`] : []
    const detail = [...texts.slice(0, maxReasons), ...more].join('; ')
    // The list is empty after the host was released.
    if (failures.length > 0) this.#warn(`Cannot start a host: ${reason}: ${detail}`, failures)
    return { type: 'failed', reason, detail }
  }

  #warn(message: string, failures: readonly Failure[]): void {
    // The order of supervisors is random.
    const key = failures
      .map(({ where, failure }) => `${where} ${failure.reason}`)
      .toSorted()
      .join('\n')
    if (key === this.#lastWarning) return
    this.#lastWarning = key
    this.#init.onWarning(message)
  }
}

function reasonOf(types: ReadonlySet<DialFailure['type']>): string {
  if (types.has('misconfigured')) return 'the supervisors of its hosts cannot be used'
  return types.has('unreachable')
    ? 'the supervisors of its hosts cannot be reached'
    : 'the supervisors of its hosts have no free slot'
}
