import { messageOf } from '../../errors.ts'
import { startSupervisor, type Supervisor } from '../../supervisor.ts'
import { escapeInvisible } from '../../text/escape-invisible.ts'
import { certificateFilesOf, readCertificates, type CertificateFiles } from '../common/certificates.ts'
import { parseCommandLine, type CommandLine } from '../common/command-line.ts'
import { engineOf } from '../common/engine-flag.ts'
import { exitCodes } from '../common/exit-codes.ts'
import type { Io } from '../common/io.ts'
import { interruption } from '../exec/interruption.ts'
import { hostsSpec } from '../specs/hosts-command.ts'
import { LogLimit } from './log-limit.ts'

const renewalMs = 60_000
const defaultDrainMs = 30_000

type Log = (text: string) => void

/** `codecell hosts`: a supervisor of hosts for other machines, until a signal. Returns the exit code. */
export async function hostsCommand(args: readonly string[], { stderr }: Io): Promise<number> {
  const line = parseCommandLine(hostsSpec, args)
  const files = certificateFilesOf(hostsSpec, line)
  const log = (text: string): void => void stderr.write(`${escapeInvisible(text)}\n`)
  const problems = new LogLimit(log)
  const healthListen = line.text('health-listen')
  using interrupted = interruption()
  await using supervisor = await startSupervisor({
    listen: listenOf(line),
    ...(healthListen === undefined ? {} : { healthListen }),
    tls: files === null ? null : await readCertificates(files),
    engine: engineOf(line, { onWarning: log }).pool,
    strictOnly: line.has('strict-only'),
    builds: line.list('build'),
    ...numbersOf(line),
    onProblem: (message) => problems.log(message),
  })
  const renewal = files === null ? undefined : renewCertificates(supervisor, files, log)
  try {
    log(`Listening on ${supervisor.address}`)
    if (supervisor.healthAddress !== null) log(`Probes on ${supervisor.healthAddress}`)
    await abortOf(interrupted.signal)
    const drainMs = line.number('drain-timeout') ?? defaultDrainMs
    log(`Draining ${supervisor.used} hosts for at most ${drainMs} ms`)
    await supervisor.drain(drainMs)
    return exitCodes.completed
  } finally {
    clearInterval(renewal)
  }
}

/** Returns the address. Without a host, it is a loopback address for plain TCP. */
function listenOf(line: CommandLine): string {
  const address = line.text('listen') ?? ''
  return address.startsWith(':') && line.has('plain-tcp') ? `127.0.0.1${address}` : address
}

function numbersOf(line: CommandLine): Readonly<Record<string, number>> {
  const flags = {
    slots: 'slots',
    tenantSlots: 'tenant-slots',
    memoryMb: 'memory-mb',
    processMemoryMb: 'process-memory-mb',
  } as const
  const entries = Object.entries(flags).flatMap(([option, flag]) => {
    const value = line.number(flag)
    return value === undefined ? [] : [[option, value] as const]
  })
  return Object.fromEntries(entries)
}

/** Reads the certificates again each minute, because they expire. */
function renewCertificates(supervisor: Supervisor, files: CertificateFiles, log: Log): NodeJS.Timeout {
  const renew = async (): Promise<void> => {
    try {
      supervisor.setTls(await readCertificates(files))
    } catch (error) {
      log(messageOf(error))
    }
  }
  return setInterval(() => void renew(), renewalMs)
}

async function abortOf(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  if (signal.aborted) resolve()
  await promise
}
