import type { MessagePort } from 'node:worker_threads'
import type { JournaledCommand } from '../../protocol/command.ts'
import type { EmittedCall } from '../engine/bridge.ts'
import type { Compiled, ProgramSettings, SnapshotCounters } from '../engine/engine.ts'
import type { Baseline } from '../quickjs/baseline.ts'
import type { VmEnd } from '../quickjs/vm.ts'
import type { SharedWords } from './shared-words.ts'

/** The data that a thread starts with. */
export type ThreadData = {
  readonly baseline: Baseline
  readonly words: SharedWords
  /** Carries the replies to requests, which a waiting thread takes without its event loop. */
  readonly replies: MessagePort
}

/** A program with everything that precedes it. */
export type Program = {
  readonly memoryMb: number
  /** The JSON of `ALL_TOOLS`, or the names of many tools, each after a line feed. */
  readonly catalogue: string
  readonly preloads: readonly (readonly [key: string, json: string])[]
  readonly settings: ProgramSettings
  readonly source: string
}

/** A program that continues from a snapshot, which can have been changed. */
export type RestoredProgram = {
  readonly memoryMb: number
  /** As in `Program`. */
  readonly catalogue: string
  readonly snapshot: Uint8Array
}

/** The outcome of a restore: the counters of the snapshot, or the reason why it cannot be used. */
export type RestoreOutcome =
  | { readonly type: 'restored'; readonly counters: SnapshotCounters }
  | { readonly type: 'refused'; readonly reason: string }

/** Work of a cell that a thread does at one go. A thread gets the next slice after the end of the last. */
export type Slice =
  | { readonly type: 'start'; readonly cell: number; readonly program: Program }
  | { readonly type: 'restore'; readonly cell: number; readonly restored: RestoredProgram }
  | { readonly type: 'receive'; readonly cell: number; readonly commands: readonly JournaledCommand[] }
  | { readonly type: 'snapshot'; readonly cell: number; readonly counters: SnapshotCounters }

/** A message to a thread. */
export type ToThread =
  | Slice
  /** The cell is over: its machine is released. */
  | { readonly type: 'drop'; readonly cell: number }

/** A message from a thread, about the cell of the slice that it runs. */
export type FromThread =
  | { readonly type: 'ready' }
  | { readonly type: 'compiled'; readonly compiled: Compiled }
  | { readonly type: 'restore_outcome'; readonly outcome: RestoreOutcome }
  | { readonly type: 'snapshot'; readonly bytes: Uint8Array }
  | { readonly type: 'call'; readonly call: EmittedCall }
  /** The program waits for a reply: one of `waitKinds`. Requests of a thread are numbered. */
  | { readonly type: 'request'; readonly request: number; readonly kind: number; readonly id: number }
  | { readonly type: 'end'; readonly end: VmEnd }

/** The reply to a request. A cell that was stopped does not take its reply, which then is in the way of the next one. */
export type Reply = { readonly request: number; readonly text: string | undefined }
