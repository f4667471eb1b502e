import { test } from 'vitest'
import { CodecellError, type Session, type Tool } from '../../../src/index.ts'
import { openSessionOn } from '../../../src/session/create-session.ts'
import { LoggedSessionStore } from '../../../src/storage/shared/logged-session-store.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { LogContent, MemoryLog } from '../../support/memory-log.ts'
import { textsOf } from '../../support/texts.ts'

const hosts = sharedHosts('in-process')
const endless = 'await new Promise((resolve) => setTimeout(resolve, 3_600_000))'
const sending = 'await tools.send({}); text("sent")'

/** A log whose store can be away. */
class AwayLog extends MemoryLog {
  readonly #waiting = Promise.withResolvers<void>()
  #away: PromiseWithResolvers<void> | null = null

  leave(): void {
    const away = Promise.withResolvers<void>()
    this.#away = away
    this.commit = async () => {
      this.#waiting.resolve()
      await away.promise
    }
  }

  /** Resolves when a row waits. */
  async waited(): Promise<void> {
    await this.#waiting.promise
  }

  comeBack(): void {
    this.#away?.resolve()
    this.#away = null
  }

  override async release(...wake: Parameters<MemoryLog['release']>): Promise<void> {
    if (this.#away !== null) throw new CodecellError('STORE_UNREACHABLE', 'Cannot reach the store')
    await super.release(...wake)
  }
}

async function open(log: MemoryLog): Promise<Session> {
  const tools: readonly Tool[] = [{ name: 'send', idempotent: true, call: () => 'sent', revert: () => undefined }]
  return await openSessionOn({ hosts, tools }, async (limits) => await LoggedSessionStore.open(log, limits))
}

/** Effects that wait for the store: `prepare` runs while it responds. `texts` is the output that the next owner finds. */
type Effect = {
  readonly prepare?: (session: Session) => Promise<unknown>
  readonly cause: (session: Session) => Promise<unknown>
  readonly texts: readonly string[] | null
}

const effects: readonly (readonly [name: string, effect: Effect])[] = [
  ['a last response', { cause: (session) => session.execute('text(1)'), texts: ['1'] }],
  ['a yield', { cause: (session) => session.execute('text(1); yield_control(); text(2)'), texts: ['1', '2'] }],
  ['a call', { cause: (session) => session.execute(sending), texts: ['sent'] }],
  ['the id of a cell', { cause: (session) => session.execute('text(1)', { onStarted: ignore }), texts: ['1'] }],
  ['a notification', { cause: (session) => session.execute('notify("a"); text(1)'), texts: ['1'] }],
  ['a claim', { prepare: (session) => endedCell(session), cause: (session) => session.observe('1'), texts: ['1'] }],
  [
    'a termination',
    {
      prepare: (session) => session.execute(endless, { yieldTimeMs: 0 }),
      cause: (session) => session.terminate('1'),
      texts: null,
    },
  ],
  [
    'a revert',
    { prepare: (session) => session.execute(sending), cause: (session) => session.revert('1'), texts: null },
  ],
]

async function endedCell(session: Session): Promise<void> {
  await session.execute('yield_control(); text(1)')
  for await (const { type } of session.follow('1', { takesOutput: false })) if (type === 'ended') return
}

test.concurrent.for(effects)(
  'a session closes while %s waits for a store that is away, and the next owner resumes it',
  async ([, { prepare, cause, texts }], { expect }) => {
    const content = new LogContent()
    const log = new AwayLog(content)
    const session = await open(log)
    await prepare?.(session)
    log.leave()
    const isOver = cause(session).then(ignore, ignore)
    await log.waited()
    await session.close()
    await isOver
    log.comeBack()
    await expect.poll(() => content.wake).not.toBeNull()
    await using next = await open(new MemoryLog(content))
    expect(next.cells()).toEqual(texts === null ? [] : ['1'])
    if (texts !== null) expect(textsOf(await next.observe('1', { yieldTimeMs: 600_000 }))).toEqual(texts)
  },
)

function ignore(): void {}
