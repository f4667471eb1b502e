import { randomBytes } from 'node:crypto'
import { execDescription } from '../../agent/tools/exec-description.ts'
import { declarationFile } from '../../declarations/declaration-file.ts'
import { declareTool } from '../../declarations/render-tool.ts'
import { createSession } from '../../session/create-session.ts'
import type { Session, SessionOptions } from '../../session/api/session-options.ts'
import { createCatalogue } from '../../tools/catalogue.ts'
import type { CatalogueEntry } from '../../tools/catalogue-entry.ts'
import type { Tool } from '../../tools/tool.ts'
import type { ConsoleCatalogue, RunRequest, RunStarted } from '../api.ts'
import { badRequest } from '../data/paging.ts'
import type { RequestFields } from '../http/request-fields.ts'
import { RequestError } from '../http/respond.ts'
import { LiveSession } from '../live/live-session.ts'
import type { LiveSessions } from '../live/live-sessions.ts'
import { Run } from './run.ts'

/** Maximum numbers of runs that run at the same time and that are remembered, and the time until another try. */
const maxRunning = 8
const maxRemembered = 50
const retryAfterSeconds = 5
const maxSource = 2 ** 20
const maxTools = 5000
const maxDescription = 4000

/** The tools of the playground, and the options of its sessions. */
export type RunsInit = {
  readonly tools: () => readonly Tool[]
  readonly failures: () => ConsoleCatalogue['failures']
  readonly options: Pick<SessionOptions, 'hosts' | 'limits' | 'engine'>
}

/** The tenant of the user who runs a program, and the sessions in memory that users of the tenant see. */
export type RunOwner = { readonly tenant: string | null; readonly live: LiveSessions }

export function parseRun(body: RequestFields): RunRequest {
  const source = body.text('source', maxSource)
  const ask = body.has('ask') ? body.choice('ask', ['none', 'destructive', 'writes']) : 'writes'
  if (!body.has('tools')) return { source, ask }
  const tools = body.list('tools', maxTools).map((name) => {
    if (typeof name !== 'string') throw badRequest('expected identifiers of tools as "tools"')
    return name
  })
  return { source, ask, tools }
}

type Started = {
  readonly ask: NonNullable<RunRequest['ask']>
  readonly names: ReadonlySet<string> | null
  readonly owner: RunOwner
}

/** The programs that users run in the console, each in a session in memory of its own. */
export class Runs implements AsyncDisposable {
  readonly #init: RunsInit
  readonly #runs = new Map<string, Run>()
  #starting = 0

  constructor(init: RunsInit) {
    this.#init = init
  }

  catalogue(): ConsoleCatalogue {
    const catalogue = createCatalogue(this.#init.tools())
    const entries = catalogue.entries.filter(({ isNested }) => isNested)
    return {
      tools: entries.map((entry) => toolOf(entry)),
      declarations: declarationFile(declaredTools(entries)),
      execDescription: execDescription(catalogue),
      failures: this.#init.failures(),
    }
  }

  /** @throws {RequestError} when too many programs run */
  async start({ source, tools, ask = 'writes' }: RunRequest, owner: RunOwner): Promise<RunStarted> {
    const running = [...this.#runs.values()].filter(({ isOver }) => !isOver).length
    if (running + this.#starting >= maxRunning) {
      throw new RequestError(429, 'TOO_MANY_REQUESTS', `Cannot run the program: ${maxRunning} programs run`, {
        advice: `Stop another run, or try again in ${retryAfterSeconds} seconds.`,
        retryAfterSeconds,
      })
    }
    this.#starting++
    try {
      return (await this.#start(source, { ask, names: tools === undefined ? null : new Set(tools), owner })).started
    } finally {
      this.#starting--
    }
  }

  async #start(source: string, { ask, names, owner }: Started): Promise<Run> {
    const { options } = this.#init
    const catalogue = createCatalogue(this.#init.tools())
    const chosen = catalogue.entries.filter(({ identifier }) => names === null || names.has(identifier))
    const listener = new LiveSession()
    const session = await createSession({
      ...options,
      sessionId: `playground-${randomBytes(6).toString('hex')}`,
      tools: chosen.map(({ tool }) => tool),
      approvals: { hold: true, hints: ask },
      listeners: [listener],
    })
    listener.attach(session, { isStored: false })
    owner.live.add(listener)
    return await this.#execute(session, source, { listener, tenant: owner.tenant })
  }

  async #execute(
    session: Session,
    source: string,
    { listener, tenant }: { readonly listener: LiveSession; readonly tenant: string | null },
  ): Promise<Run> {
    const started = Promise.withResolvers<Run>()
    const onStarted = (cellId: string): void => {
      const run = new Run(randomBytes(16).toString('base64url'), { session, cellId, tenant })
      listener.onApproval = (callId, identifier) => run.add({ type: 'approval_asked', callId, identifier })
      this.#remember(run)
      void run.record()
      void run.ended.then(async () => await session.close())
      started.resolve(run)
    }
    session.execute(source, { onStarted }).catch((error: unknown) => {
      started.reject(error)
      void session.close()
    })
    return await started.promise
  }

  #remember(run: Run): void {
    this.#runs.set(run.id, run)
    if (this.#runs.size <= maxRemembered) return
    const over = [...this.#runs.values()].find(({ isOver }) => isOver)
    if (over !== undefined) this.#runs.delete(over.id)
  }

  /** @throws {RequestError} when the run is not known, or is of another tenant */
  find(id: string, { tenant }: Pick<RunOwner, 'tenant'>): Run {
    const run = this.#runs.get(id)
    if (run === undefined || run.tenant !== tenant) {
      throw new RequestError(404, 'NOT_FOUND', 'Cannot find the run', { advice: 'Run the program again.' })
    }
    return run
  }

  async stop(id: string, user: Pick<RunOwner, 'tenant'>): Promise<void> {
    const run = this.find(id, user)
    if (!run.isOver) await run.session.terminate(run.cellId)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#runs.values()].map(async ({ session }) => await session.close()))
  }
}

function toolOf(entry: CatalogueEntry): ConsoleCatalogue['tools'][number] {
  const { identifier, tool } = entry
  return {
    identifier,
    description: (tool.description ?? '').slice(0, maxDescription),
    declaration: declarationOf(entry),
    isReadOnly: tool.annotations?.readOnlyHint === true,
    isDestructive: tool.annotations?.destructiveHint === true,
    server: tool.server ?? null,
  }
}

function declarationOf(entry: CatalogueEntry): string {
  const [declared = null] = declaredTools([entry])
  if (declared === null) return ''
  const { named, signature } = declareTool(declared, { typePrefix: entry.identifier, unknownResult: 'any' })
  return [...named, signature].join('\n')
}

function declaredTools(entries: readonly CatalogueEntry[]): Parameters<typeof declarationFile>[0] {
  return entries.map(({ identifier, tool }) => {
    const { kind = 'function', description = '', inputSchema, outputSchema } = tool
    return { identifier, kind, description: description.slice(0, maxDescription), inputSchema, outputSchema }
  })
}
