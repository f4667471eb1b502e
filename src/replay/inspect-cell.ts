import type { Socket } from 'node:net'
import { CodecellError } from '../errors.ts'
import { startInspectedTransport } from '../session/hosts/process/child-transport.ts'
import { LocalHostPool } from '../session/hosts/host-pool.ts'
import type { FoundCellLog, TraceBundle } from '../trace/bundle/open-bundle.ts'
import type { ReplayBounds } from './bounded-start.ts'
import { InspectedProgram } from './inspected-program.ts'
import { InspectorServer, type InspectorAddress } from './inspector-server.ts'
import { readRecordedCell } from './recorded-cell.ts'
import { defaultBounds, definedBounds, replayRun, type CellReplay } from './replay-cell.ts'
import { hostedCatalogue } from './recorded-runtime.ts'
import { readyHosts } from './ready-hosts.ts'
import { recordedEngineOf } from './replay-engine.ts'
import { checkOptions, type OptionNames } from '../options/check-options.ts'

export type InspectOptions = Partial<Pick<ReplayBounds, 'memoryMb'>> & {
  /**
   * A port of the loopback interface; 0: any free port.
   *
   * @default 9229
   */
  readonly port?: number
  readonly timeZone?: string
  readonly locale?: string
  /** Called when a debugger can connect. */
  readonly onListening?: (address: InspectorAddress) => void
}

const optionNames: OptionNames<InspectOptions> = {
  memoryMb: 'any',
  port: 'any',
  timeZone: 'any',
  locale: 'any',
  onListening: 'function',
}

/**
 * Replays a cell with its recorded results under a debugger: waits for a connection, stops at the first line, and has no time
 * limit. Resolves when the program has ended.
 *
 * @throws {CodecellError} `SERVER_START_FAILED`, `HOST_START_FAILED`, `TRACE_INVALID`, `TRACE_UNREADABLE`
 */
export async function inspectCell(
  bundle: TraceBundle,
  found: FoundCellLog,
  options: InspectOptions = {},
): Promise<CellReplay> {
  checkOptions('inspectCell', options, optionNames)
  const cell = readRecordedCell(bundle, found)
  const run = cell.runs.at(-1)
  if (run === undefined) {
    throw new CodecellError('TRACE_INVALID', `Cannot replay cell ${found.head.cell_id}: its log has no run`)
  }
  const recorded = recordedEngineOf(cell)
  if (recorded !== null && recorded.name !== '' && recorded.name !== 'v8') {
    const reason = `it ran on the engine ${recorded.name}, and a debugger needs V8`
    throw new CodecellError('INVALID_OPTION', `Cannot inspect cell ${found.head.cell_id}: ${reason}`)
  }
  const bounds = { ...defaultBounds, ...definedBounds(options), cellMs: Infinity }
  const debuggee = new Debuggee(run.start.body)
  const { port = 9229, timeZone = 'UTC', locale = 'en-US' } = options
  await using server = new InspectorServer({ port, title: `cell ${found.head.cell_id}`, peer: debuggee })
  debuggee.server = server
  const start = (): ReturnType<typeof startInspectedTransport>['transport'] => {
    const { transport, channel } = startInspectedTransport({ timeZone, locale })
    debuggee.follow(channel)
    return transport
  }
  await using hosts = new LocalHostPool({ place: start, min: 1, max: 1, warmIsolates: 0, memoryMb: bounds.memoryMb })
  await readyHosts(hosts)
  options.onListening?.(await server.listen())
  const catalogue = hostedCatalogue(hosts, cell)
  const { verdict, count } = await replayRun({ hosts, catalogue, engine: null, run, bounds, endsAt: Infinity })
  return verdict.type === 'differs'
    ? { ...verdict, events: count, run: cell.runs.length }
    : { ...verdict, events: count }
}

/** The maximum length of a message of an isolate, in characters. */
const maxMessageLength = 2 ** 26

/** Connects a program's debugger with its host. */
class Debuggee {
  server: InspectorServer | null = null
  readonly #source: string
  #program: InspectedProgram | null = null
  /** Messages of the debugger before the program is ready. */
  #early: string[] = []

  constructor(source: string) {
    this.#source = source
  }

  readonly onMessage = (text: string): void => {
    if (this.#program === null) this.#early.push(text)
    else this.#program.fromClient(text)
  }

  readonly onDisconnect = (): void => {
    this.#early = []
    this.#program?.clientLeft()
  }

  /** Exchanges messages with the host at the other end of `channel`; see `src/host/inspected-main.ts`. */
  follow(channel: Socket): void {
    const parts: string[] = []
    let length = 0
    channel.setEncoding('utf8')
    channel.on('error', () => undefined)
    channel.on('data', (chunk: string) => {
      const [first = '', ...more] = chunk.split('\n')
      parts.push(first)
      length += first.length
      if (length > maxMessageLength) channel.destroy()
      for (const next of more) {
        this.#onLine(parts.splice(0).join(''), channel)
        parts.push(next)
        length = next.length
      }
    })
  }

  #onLine(line: string, channel: Socket): void {
    if (line !== 'ready') return this.#program?.fromIsolate(line)
    const program = new InspectedProgram(this.#source, {
      toClient: (message) => this.server?.send(message),
      toIsolate: (message) => channel.write(`${message.replaceAll('\n', ' ')}\n`),
      run: () => channel.write('run\n'),
    })
    this.#program = program
    for (const message of this.#early.splice(0)) program.fromClient(message)
  }
}
