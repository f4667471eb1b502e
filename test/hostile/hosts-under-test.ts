import {
  createHostPool,
  createSession,
  type HostPool,
  type Outcome,
  type Session,
  type SessionOptions,
} from '../../src/index.ts'

/** The kinds of hosts that a guarantee has to hold on. */
export const profiles = ['default', 'strict'] as const

export function poolOf(profile: (typeof profiles)[number], size = 1): HostPool {
  return createHostPool({ profile, size, spares: 2, memoryMb: 64 })
}

/** A session for cells that misbehave: limits are small, so that a test is quick. */
export function openSession(hosts: HostPool, options: SessionOptions = {}): Promise<Session> {
  const limits = { memoryMb: 64, cpuMs: 600, stallMs: 20_000, ...options.limits }
  return createSession({ hosts, ...options, limits })
}

export function texts(outcome: Outcome): string[] {
  return 'items' in outcome ? outcome.items.map((item) => (item.type === 'input_text' ? item.text : item.type)) : []
}

/** A tool that answers when the test says so, and counts how often it was called. */
export class Gate {
  readonly calls: unknown[] = []
  readonly #open: ((value: unknown) => void)[] = []
  #wake: () => void = () => undefined
  readonly tool = {
    name: 'gate',
    call: (input: unknown): Promise<unknown> => {
      this.calls.push(input)
      const { promise, resolve } = Promise.withResolvers<unknown>()
      this.#open.push(resolve)
      this.#wake()
      return promise
    },
  }

  /** Resolves when `count` calls have been made in all. */
  async called(count: number): Promise<void> {
    while (this.calls.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Answers the oldest call that waits. */
  open(value: unknown): void {
    this.#open.shift()?.(value)
  }
}
