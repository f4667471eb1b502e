import type { JournaledCommand, StartCommand } from '../../protocol/command.ts'
import type { EnginePrint } from '../../protocol/engine-print.ts'
import type { Emission } from './bridge.ts'
import type { Inspection } from './inspection.ts'

/** The settings of a program. */
export type ProgramSettings = Pick<StartCommand, 'time' | 'seed' | 'limits' | 'places'>

/** A kind of isolates. Hosts know nothing else about them. */
export interface Engine {
  /** Returns the print of this engine in this process. */
  print(): EnginePrint
  /** Creates an isolate with the prelude in it, for one cell. With an inspection the program waits for a debugger before it runs. */
  createIsolate(options: IsolateOptions): EngineIsolate
  /** Calls `onStuck` with a reason when a thread of the engine cannot be ended: the process must end. */
  listen?(onStuck: (reason: string) => void): void
  /** Ends the threads of all isolates. Nothing is called back after that. */
  dispose(): void
}

export type IsolateOptions = {
  readonly memoryMb: number
  readonly inspection: Inspection | null
}

/** An isolate, and the program of its cell. */
export interface EngineIsolate {
  /** Compiles what most cells need, without blocking this thread. */
  warmUp(): void
  /**
   * Installs `tools` and `ALL_TOOLS`. `body` is the JSON of the latter, or the names of many tools, each after a line feed. With
   * names, the cell fetches the tools that it uses, so isolates cost the same for any number of tools.
   */
  installCatalogue(body: string): void
  /** Sends what the program emits to `listener`. */
  attach(listener: IsolateListener): void
  preload(key: string, json: string): void
  configure(settings: ProgramSettings): void
  /** Compiles a source as it stands, after `configure`. A promise settles before anything is emitted. */
  compile(source: string): Compiled | Promise<Compiled>
  /** Runs the compiled source until it waits, micro-tasks included. */
  run(): Promise<SliceEnd>
  /** Passes commands in, one after the other; each is handled with its micro-tasks before the next. At least one. */
  receive(commands: readonly JournaledCommand[]): Promise<SliceEnd>
  /**
   * Returns the state of the program between two slices, with counters that belong to it; null when it has none. The program does not
   * notice it, and the isolate runs no further slice. Engines without snapshots do not have this method.
   */
  snapshot?(counters: SnapshotCounters): Promise<Uint8Array | null>
  /**
   * Takes over a state instead of `configure`, `compile` and `run`. `snapshot` can have been changed. Resolves with its counters, and
   * rejects with a reason when it cannot be used.
   */
  restore?(start: StartCommand, snapshot: Uint8Array): Promise<SnapshotCounters>
  /** CPU time in milliseconds, or an upper bound during a slice; 0 of a disposed isolate. */
  readonly cpuMs: number
  /** Disposes the isolate. A program that runs in it stops soon, or never; its slice ends when it stops. */
  dispose(): void
}

/** The counters of a cell that live outside of its isolate. */
export type SnapshotCounters = {
  /** The number of handled commands, including the start. */
  readonly commands: number
  /** The CPU time of the cell, in milliseconds. */
  readonly cpuMs: number
}

export type Compiled =
  | { readonly type: 'ready' }
  /** The source has an `import` declaration. */
  | { readonly type: 'import'; readonly specifier: string }
  | {
      readonly type: 'syntax_error'
      readonly message: string
      /** Lines and columns count from 1. */
      readonly location: { readonly line: number; readonly column: number } | null
    }

/** How a slice ended. */
export type SliceEnd =
  | { readonly type: 'waiting' }
  /** A promise rejected, and nothing has handled it. */
  | { readonly type: 'rejected'; readonly cause: unknown }
  /** The isolate is disposed: by its owner, or because it had no memory left. */
  | { readonly type: 'disposed' }
  /** The engine stopped the program at a limit. */
  | { readonly type: 'exceeded'; readonly limit: 'cpu_ms' | 'stall_ms'; readonly observed: number }
  /** The engine failed. */
  | { readonly type: 'crashed'; readonly reason: string }

/** Receives what an isolate emits and asks for. */
export interface IsolateListener {
  /** Called with emissions in the order in which the program made them, also during a slice, and before its end. */
  onEmissions(emissions: readonly Emission[]): void
  /** Resolves when the host can take more; the cell waits until then. */
  fence(): Promise<void>
  /** Resolves with the retained output of a cell of the session, or undefined. */
  retainedOutput(output: number): Promise<string | undefined>
  /** Called when the engine has lost control of the isolate: its thread never returns. */
  onLost(message: string): void
  /** Called when the isolate is gone, because another cell took its thread. The cell can resume in another isolate. */
  onDisplaced(reason: string): void
}
