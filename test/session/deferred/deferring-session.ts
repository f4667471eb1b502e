import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { sqliteStore } from '../../../src/store.ts'
import {
  createSession,
  provideResult,
  type CallResultInput,
  type DeferOptions,
  type Session,
  type SessionOptions,
  type Tool,
} from '../../../src/index.ts'
import { providedResult, parseResultInput } from '../../../src/session/deferred/provided-result.ts'
import { resolveLimits } from '../../../src/session/common/limits.ts'
import { openSessionOn } from '../../../src/session/create-session.ts'
import { LoggedSessionStore } from '../../../src/storage/shared/logged-session-store.ts'
import { resultEntry } from '../../../src/storage/shared/logged-inbox.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { LogContent, MemoryLog } from '../../support/memory-log.ts'

/** A tool whose calls are deferred, and the keys of its calls. */
export class DeferringTool {
  readonly keys: string[] = []
  readonly signals: AbortSignal[] = []
  readonly tool: Tool

  constructor(options?: DeferOptions, rest: Partial<Tool> = {}) {
    this.tool = {
      name: 'review',
      call: (_input, context) => {
        this.keys.push(context.key)
        this.signals.push(context.signal)
        return context.defer(options)
      },
      ...rest,
    }
  }

  /** The key of the call with this number, counted from 0. */
  key(index = 0): string {
    return this.keys[index] ?? ''
  }
}

/** A place where a session is stored, to open it several times. */
export type Place = {
  open(options: SessionOptions): Promise<Session>
  /** Leaves a result for the owner of the session, as another process does. */
  leave(key: string, input: CallResultInput): Promise<void>
  /** The time at which a released session becomes due; null: none, or unknown. */
  wakeAt(): number | null
}

export const places: Readonly<Record<'a folder' | 'a log' | 'a shared store', () => Place>> = {
  'a folder': () => {
    const storage = newFolder()
    return {
      open: async (options) =>
        await createSession({ storage, sessionId: 's', hosts: sharedHosts('in-process'), ...options }),
      leave: async (key, input) => await provideResult({ storage, sessionId: 's', key, ...input }),
      wakeAt: () => null,
    }
  },
  'a shared store': () => {
    const store = sqliteStore(join(newFolder(), 'store.db'))
    onTestFinished(async () => await store[Symbol.asyncDispose]())
    return {
      open: async (options) =>
        await createSession({ store, sessionId: 's', hosts: sharedHosts('in-process'), ...options }),
      leave: async (key, input) => await provideResult({ store, sessionId: 's', key, ...input }),
      wakeAt: () => null,
    }
  },
  'a log': () => {
    const content = new LogContent()
    return {
      open: async (options) =>
        await openSessionOn(
          { hosts: sharedHosts('in-process'), ...options },
          async (limits) => await LoggedSessionStore.open(new MemoryLog(content), limits),
        ),
      leave: async (key, input) => {
        const entry = resultEntry(key, providedResult(parseResultInput(input), null, resolveLimits(undefined)))
        if (!content.inbox.has(entry.id)) content.inbox.set(entry.id, entry)
      },
      wakeAt: () => content.wake?.at ?? null,
    }
  },
}

export async function openInMemory(options: SessionOptions): Promise<Session> {
  return await createSession({ sessionId: randomUUID(), hosts: sharedHosts('in-process'), ...options })
}

export const source = 'text(await tools.review({ n: 1 }).catch((error) => `failed: ${error}`))'
