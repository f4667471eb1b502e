import type {
  Backend,
  PlaygroundCatalogue,
  Run,
  RunEvent,
  RunRequest,
} from '../../../console/src/playground/backend/backend.ts'
import type { Stripped } from '../../../console/src/playground/types/messages.ts'
import { execDescription } from '../../../src/agent/tools/exec-description.ts'
import { declarationFile } from '../../../src/declarations/declaration-file.ts'
import {
  createCatalogue,
  createCodeModeTools,
  createSession,
  type Catalogue,
  type SessionEvent,
  type WasmSource,
  type HostWorker,
} from '../../../src/portable.ts'
import { examples } from '../samples/examples.ts'
import type { SampleGroup, SampleTool } from '../samples/sample-tool.ts'
import { PendingDecisions } from './pending-decisions.ts'
import { PortableRun, type PortableSession } from './portable-run.ts'

export type PortableBackendOptions = {
  readonly wasm: () => Promise<WasmSource>
  readonly worker: () => HostWorker
  readonly strip: (source: string) => Promise<Stripped | null>
  readonly groups: readonly SampleGroup[]
}

/** A program of the playground is small, and its page must stay responsive. */
const limits = {
  maxCpuMsPerCell: 10_000,
  maxMemoryMbPerCell: 128,
  maxEventsPerCell: 50_000,
  maxToolCallsPerCell: 5000,
  maxUnreadOutputBytesPerCell: 4_194_304,
  maxStoredCharsPerSession: 4_194_304,
}

/** Runs programs in this page: on QuickJS in a worker, with the sample tools. */
export class PortableBackend implements Backend {
  readonly hasIntl = false
  readonly hasResponses = true
  readonly examples = examples
  readonly note = 'Programs run in this page, on QuickJS in a worker. The tools are samples.'
  readonly groups: readonly SampleGroup[]
  readonly #options: PortableBackendOptions
  readonly #results = new Map<string, unknown>()
  readonly #listeners = new Set<(event: SessionEvent) => void>()
  #opening: Promise<PortableSession> | null = null

  constructor(options: PortableBackendOptions) {
    this.#options = options
    this.groups = options.groups
  }

  catalogue(groups: readonly string[]): Promise<PlaygroundCatalogue> {
    const samples = this.#samples(groups)
    const catalogue = this.#catalogueOf(groups)
    const declared = catalogue.entries.map(({ identifier, tool }) => {
      const { kind = 'function', inputSchema, outputSchema } = tool
      return { identifier, kind, description: '', inputSchema, outputSchema }
    })
    const tools = catalogue.entries.map(({ identifier, description }) => {
      const sample = samples.find(({ tool }) => tool.name === identifier)
      const sampleResult = sample === undefined ? null : JSON.stringify(sample.result, null, 2)
      return { identifier, description, group: sample?.group ?? '', sampleResult }
    })
    return Promise.resolve({
      tools,
      declarations: declarationFile(declared),
      execDescription: execDescription(catalogue, { engine: 'quickjs' }),
    })
  }

  readonly setResult = (identifier: string, json: string | null): void => {
    if (json === null) this.#results.delete(identifier)
    else this.#results.set(identifier, JSON.parse(json))
  }

  run(request: RunRequest, onEvent: (event: RunEvent) => void): Run {
    const run = new PortableRun(onEvent)
    const listener = (event: SessionEvent): void => run.onSessionEvent(event)
    this.#listeners.add(listener)
    void this.#start(run, request).finally(() => this.#listeners.delete(listener))
    return run
  }

  async #start(run: PortableRun, { source, groups }: RunRequest): Promise<void> {
    try {
      this.#opening ??= this.#open()
      const opened = await this.#opening
      opened.session.setTools(this.#catalogueOf(groups))
      const stripped = await this.#options.strip(source)
      await run.start(opened, source, stripped)
    } catch (error) {
      // The next run tries again.
      this.#opening = null
      run.fail(error)
    }
    await run.ended
  }

  async #open(): Promise<PortableSession> {
    const decisions = new PendingDecisions()
    const session = await createSession({
      wasm: await this.#options.wasm(),
      worker: this.#options.worker,
      limits,
      approvals: { onRequest: (request, { signal }) => decisions.decisionOn(request, signal) },
      listeners: [
        {
          wantsSourceLocations: true,
          onEvent: (event) => {
            for (const listener of this.#listeners) listener(event)
          },
        },
      ],
    })
    return { session, tools: createCodeModeTools(session), decisions }
  }

  #samples(groups: readonly string[]): readonly (SampleTool & { readonly group: string })[] {
    return this.groups
      .filter(({ id }) => groups.includes(id))
      .flatMap(({ id, tools }) => tools.map((sample) => ({ ...sample, group: id })))
  }

  #catalogueOf(groups: readonly string[]): Catalogue {
    const tools = this.#samples(groups).map(({ tool }) => ({
      ...tool,
      call: (...given: Parameters<typeof tool.call>): unknown =>
        this.#results.has(tool.name) ? this.#results.get(tool.name) : tool.call(...given),
    }))
    return createCatalogue(tools)
  }
}
