import { availableParallelism } from 'node:os'
import { CodecellError } from '../../errors.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import { defaultEngine } from '../../protocol/default-engine.ts'
import { engineChoices } from '../../protocol/engine-name.ts'
import { chooseEngine } from '../../session/hosts/choose-engine.ts'
import { parseHostPort } from '../link/addresses.ts'
import { checkCertificates } from '../link/certificates.ts'
import type { ListenAddress } from './listen.ts'
import { HostBuilds } from './host-builds.ts'
import { Supervisor } from './supervisor.ts'
import type { SupervisorOptions } from './supervisor-options.ts'

const optionNames: OptionNames<SupervisorOptions> = {
  listen: 'any',
  healthListen: 'any',
  tls: 'any',
  slots: 'any',
  tenantSlots: 'any',
  memoryMb: 'any',
  processMemoryMb: 'any',
  engine: engineChoices,
  strictOnly: 'boolean',
  silenceMs: 'any',
  builds: 'any',
  onProblem: 'function',
}

const helloMs = 5000
const bytesPerMb = 1024 * 1024

/**
 * Starts a supervisor: it runs a host process for each connection of a node with a valid certificate. The caller disposes it.
 *
 * @throws {CodecellError} `INVALID_OPTION` for an unknown option, a value out of range, certificates that cannot be used, or an
 * address that cannot be listened on
 * @example
 * ```ts
 * await using supervisor = await startSupervisor({ listen: '0.0.0.0:7700', tls: { cert, key, ca } })
 * ```
 */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  checkOptions('startSupervisor', options, optionNames)
  const { tls, slots = 2 * availableParallelism(), memoryMb = 4096, processMemoryMb, silenceMs = 10_000 } = options
  const { healthListen, tenantSlots = slots, strictOnly = false, onProblem = () => undefined } = options
  check('slots', slots, 1, 10_000)
  check('tenantSlots', tenantSlots, 1, slots)
  check('memoryMb', memoryMb, 32, 4096)
  if (processMemoryMb !== undefined) check('processMemoryMb', processMemoryMb, 128, 1_048_576)
  check('silenceMs', silenceMs, 100, 3_600_000)
  if (tls !== null) checkCertificates(tls)
  const processBytes = (processMemoryMb ?? Infinity) * bytesPerMb
  return await Supervisor.listen({
    ...listenAddress(options.listen, 'listen'),
    ...(healthListen === undefined ? {} : { probes: listenAddress(healthListen, 'healthListen') }),
    tls,
    slots,
    tenantSlots,
    builds: await HostBuilds.read(foldersOf(options.builds), chooseEngine(options.engine ?? defaultEngine)),
    limits: { memoryMb, strictOnly, processBytes, helloMs, deadManMs: silenceMs },
    onProblem,
  })
}

function foldersOf(builds: unknown = []): readonly string[] {
  const folders = Array.isArray(builds) ? builds.filter((folder) => typeof folder === 'string') : null
  if (folders !== null && Array.isArray(builds) && folders.length === builds.length) return folders
  throw new CodecellError('INVALID_OPTION', 'Cannot start a supervisor: expected builds to be a list of folders', {
    details: { option: 'builds', expected: 'a list of folders' },
  })
}

function listenAddress(listen: string, option: 'listen' | 'healthListen'): ListenAddress {
  if (typeof listen !== 'string' || !listen.startsWith(':')) return parseHostPort(listen, option)
  return { ...parseHostPort(`localhost${listen}`, option), host: null }
}

function check(option: keyof SupervisorOptions, value: number, from: number, to: number): void {
  if (Number.isSafeInteger(value) && value >= from && value <= to) return
  const range = `from ${from} to ${to.toLocaleString('en-US')}`
  throw new CodecellError('INVALID_OPTION', `Cannot start a supervisor: expected ${option} ${range}, got ${value}`, {
    details: { option, value, expected: `an integer ${range}` },
  })
}
