import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPool, Limits, SessionOptions } from '../../src/index.ts'

/** One of the sessions that run concurrently. */
export type StageKind = {
  readonly name: string
  /** Number of rounds after which the session is closed and opened again; null: never. */
  readonly renewedAfter: number | null
  /** Whether its hosts are killed and its cells take all the memory they can get. */
  readonly isRough: boolean
  /** Whether it is used through `exec` and `wait` of a model. */
  readonly hasFront: boolean
  /** `generation`: how often the session was opened. */
  readonly options: (around: StageParts, generation: number) => SessionOptions
}

export type StageParts = { readonly calm: HostPool; readonly rough: HostPool; readonly folder: string }

/** The records of ended cells should reach their limit soon, so that the session is flat from then on. */
const small: Partial<Limits> = {
  maxMemoryMbPerCell: 64,
  maxCpuMsPerCell: 2000,
  toolTimeoutMs: 1000,
  notificationTimeoutMs: 30,
  maxLedgerCharsInMemory: 50_000,
  maxRepeatedResponseChars: 20_000,
  maxRetainedBytesPerSession: 200_000,
  maxRetainedCells: 5,
}

const hung: SessionOptions['onNotification'] = ({ text }, { signal }) => {
  if (text.startsWith('throw')) throw new Error('a handler that throws')
  if (!text.startsWith('hang')) return undefined
  return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
}

const common: SessionOptions = { onNotification: hung, approvals: { hold: true }, limits: small }

/** Number of openings of a durable session before another one replaces it. */
const openings = 6

/** Returns the options of a durable session. Removes directories of sessions that will not be opened again. */
function durable({ calm, folder }: StageParts, generation: number): SessionOptions {
  const name = (group: number): string => join(folder, `sessions-${group}`)
  const group = Math.floor(generation / openings)
  if (generation % openings === 0 && group > 0) rmSync(name(group - 1), { recursive: true, force: true })
  return { ...common, hosts: calm, storage: name(group), sessionId: 'soak' }
}

export const stageKinds: readonly StageKind[] = [
  {
    name: 'long',
    renewedAfter: null,
    isRough: false,
    hasFront: false,
    options: ({ calm }) => ({ ...common, hosts: calm }),
  },
  {
    name: 'brief',
    renewedAfter: 2,
    isRough: false,
    hasFront: false,
    options: ({ calm }) => ({ ...common, hosts: calm, listeners: [{ onEvent: () => undefined }] }),
  },
  {
    name: 'narrow',
    renewedAfter: 8,
    isRough: true,
    hasFront: false,
    options: ({ rough }) => ({
      ...common,
      hosts: rough,
      evictAfterMs: 0,
      limits: { ...small, maxReplayCharsInMemory: 10_000, maxLedgerCharsInMemory: 10_000 },
    }),
  },
  {
    name: 'alone',
    renewedAfter: 10,
    isRough: true,
    hasFront: false,
    options: ({ rough }) => ({ ...common, hosts: rough, isolation: 'process-per-session' }),
  },
  { name: 'durable', renewedAfter: 4, isRough: false, hasFront: false, options: durable },
  {
    name: 'front',
    renewedAfter: 6,
    isRough: false,
    hasFront: true,
    options: ({ calm }) => ({ ...common, hosts: calm }),
  },
]
