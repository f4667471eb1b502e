import type { Me } from '../api.ts'
import type { RevertOptions } from '../actions/cell-actions.ts'
import type { ConsoleUser } from '../auth/console-user.ts'
import { OpenStreams } from '../http/open-streams.ts'
import { RequestError } from '../http/respond.ts'
import type { Runs } from '../runs/runs.ts'
import type { TraceLibrary } from '../traces/trace-library.ts'
import type { Workspace } from '../workspace/workspace.ts'

export type ConsolePartsInit = {
  readonly version: string
  readonly traces: TraceLibrary | null
  readonly runs: Runs | null
  readonly reverts: RevertOptions
  readonly isReadOnly: boolean
}

/** The parts of a console that all users share. */
export class ConsoleParts {
  readonly streams: OpenStreams = new OpenStreams()
  readonly runs: Runs | null
  readonly reverts: RevertOptions
  readonly isReadOnly: boolean
  readonly #version: string
  readonly #traces: TraceLibrary | null

  constructor({ version, traces, runs, reverts, isReadOnly }: ConsolePartsInit) {
    this.#version = version
    this.#traces = traces
    this.runs = runs
    this.reverts = reverts
    this.isReadOnly = isReadOnly
  }

  /** Returns the traces that a user sees. Bundles do not name tenants, so that users of a tenant see none. */
  tracesOf({ tenant }: ConsoleUser): TraceLibrary | null {
    return tenant === null ? this.#traces : null
  }

  /** @throws {RequestError} when the console runs no programs */
  demandRuns(): Runs {
    if (this.runs !== null) return this.runs
    throw new RequestError(409, 'RUN_UNAVAILABLE', 'Cannot run programs: the console has no playground', {
      advice: noPlayground,
    })
  }

  meOf({ name, isClaimed, scopes, tenant }: ConsoleUser, { source }: Workspace): Me {
    const act = this.isReadOnly
      ? 'The console was started with --read-only.'
      : scopes.has('approve')
        ? null
        : 'The token does not have the scope "approve".'
    return {
      name,
      isClaimed,
      scopes: [...scopes],
      tenant: tenant ?? source?.tenant ?? null,
      source: source?.name ?? 'this process',
      sourceType: source?.type ?? 'process',
      version: this.#version,
      unavailable: {
        act,
        revert: act ?? (this.reverts.tools === null ? noTools : null),
        run: act ?? (this.runs === null ? noPlayground : null),
        traces: tenant !== null ? noTenantTraces : this.#traces === null ? noTraces : null,
        nodes: source?.type === 'store' ? null : 'Only a shared store has nodes.',
      },
    }
  }
}

const noTraces = 'Start the console with --traces DIR.'
const noTenantTraces = 'Traces do not name tenants, so that users of a tenant see none.'
const noPlayground = 'Start the console with --config FILE.'
const noTools = 'Start the console with --config FILE, or use "codecell revert".'
