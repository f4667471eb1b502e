import type { JournaledCommand, StartCommand } from '../../../src/protocol/command.ts'
import { parseJournaledCommand } from '../../../src/protocol/parse-command.ts'
import { isRecord } from '../../../src/protocol/json.ts'
import type {
  Compiled,
  Engine,
  EngineIsolate,
  IsolateListener,
  IsolateOptions,
  ProgramSettings,
  SliceEnd,
  SnapshotCounters,
} from '../../../src/host/engine/engine.ts'
import { v8Engine } from '../../../src/host/v8/v8-engine.ts'

/** V8 with snapshots: the commands of a program, which an isolate runs again without emitting anything. */
export const recordingEngine: Engine = {
  print: () => v8Engine.print(),
  createIsolate: (options) => new RecordingIsolate(options),
  dispose: () => undefined,
}

class RecordingIsolate implements EngineIsolate {
  readonly #isolate: EngineIsolate
  readonly #commands: JournaledCommand[] = []
  #isMuted = false

  constructor(options: IsolateOptions) {
    this.#isolate = v8Engine.createIsolate(options)
  }

  attach(listener: IsolateListener): void {
    this.#isolate.attach({
      onEmissions: (emissions) => {
        if (!this.#isMuted) listener.onEmissions(emissions)
      },
      fence: () => listener.fence(),
      retainedOutput: (output) => listener.retainedOutput(output),
      onLost: (message) => listener.onLost(message),
      onDisplaced: (reason) => listener.onDisplaced(reason),
    })
  }

  warmUp(): void {
    this.#isolate.warmUp()
  }

  installCatalogue(body: string): void {
    this.#isolate.installCatalogue(body)
  }

  preload(key: string, json: string): void {
    this.#isolate.preload(key, json)
  }

  configure(start: ProgramSettings): void {
    this.#isolate.configure(start)
  }

  compile(source: string): Compiled | Promise<Compiled> {
    return this.#isolate.compile(source)
  }

  run(): Promise<SliceEnd> {
    return this.#isolate.run()
  }

  receive(commands: readonly JournaledCommand[]): Promise<SliceEnd> {
    this.#commands.push(...commands)
    return this.#isolate.receive(commands)
  }

  snapshot(counters: SnapshotCounters): Promise<Uint8Array> {
    return Promise.resolve(Buffer.from(JSON.stringify({ counters, commands: this.#commands })))
  }

  async restore(start: StartCommand, snapshot: Uint8Array): Promise<SnapshotCounters> {
    const { counters, commands } = parseSnapshot(snapshot)
    this.#isMuted = true
    this.#isolate.configure(start)
    await this.#isolate.compile(start.body)
    await this.#isolate.run()
    if (commands.length > 0) await this.receive(commands)
    this.#isMuted = false
    return counters
  }

  get cpuMs(): number {
    return this.#isolate.cpuMs
  }

  dispose(): void {
    this.#isolate.dispose()
  }
}

function parseSnapshot(bytes: Uint8Array): { counters: SnapshotCounters; commands: JournaledCommand[] } {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString())
  if (!isRecord(value) || !isRecord(value['counters']) || !Array.isArray(value['commands'])) {
    throw new Error('Cannot read a snapshot: expected counters and commands')
  }
  const { commands: count, cpuMs } = value['counters']
  const commands = value['commands'].map((command) => parseJournaledCommand(command))
  return { counters: { commands: Number(count), cpuMs: Number(cpuMs) }, commands }
}
