import type { Experimental_ToolCallerTool, Schema, Tool as AiTool, ToolExecutionOptions, ToolSet } from 'ai'
import { approvalCards } from '../../agent/approval-prompt/approval-card.ts'
import { leftOutText, partToAsk } from '../../agent/approval-prompt/part-to-ask.ts'
import { execInputSchema } from '../../agent/input/exec-arguments.ts'
import type { ApprovalBatch, ApprovalDecision } from '../../session/api/approval.ts'
import type { Session } from '../../session/api/session-options.ts'
import type { Tool } from '../../tools/tool.ts'
import type { JsonObject } from '../../protocol/json.ts'
import { OuterCalls } from '../code-mode/exec-call-context.ts'
import {
  CodeModeCore,
  codeModeCoreOptionNames,
  type CodeModeResponse,
  type CodeModeExecOptions,
  type CodeModeCoreOptions,
} from '../code-mode/code-mode-core.ts'
import { everything, type Question } from '../code-mode/held-approvals.ts'
import type { Progress } from '../../agent/following/cell-progress.ts'
import { loadAi, type AiPackage } from './ai-package.ts'
import { answeredOutput, runningOutput, toModelOutput, type CodeModeOutput } from './exec-output.ts'
import { Latest } from './latest.ts'
import { BoundTools } from './bound-tools.ts'
import { nestedTools, type NestedApprovals, type NestedToolOptions, type OuterCall } from './nested-tool.ts'
import { SchemaTexts } from './schema-texts.ts'
import { asToolCaller, callersOf } from './tool-caller.ts'
import { callsToAllow } from './wait-approval.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import { outsideSession } from '../../session/api/option-names.ts'

export type CodeModeOptions = CodeModeCoreOptions & {
  /** Tools of the AI SDK that programs can call, besides those that `experimental_toolCallers` routes to `exec`. */
  readonly tools?: ToolSet
  /** Tools in codecell's own shape, such as those of `connectMcpServers`. */
  readonly codecellTools?: readonly Tool[]
  /**
   * Approvals of nested tools by name, as `toolApproval` of `generateText`, which does not reach them. They come before the
   * tools' own `needsApproval`.
   */
  readonly toolApproval?: NestedApprovals
  /** Contexts of nested tools by name, as `toolsContext` of `generateText`. */
  readonly toolsContext?: Readonly<Record<string, unknown>>
}

/** The two tools for `generateText`, `streamText` or an agent. */
export type CodeModeTools = { readonly exec: ExecTool; readonly wait: WaitTool }
export type ExecTool = Experimental_ToolCallerTool<AiTool<unknown, CodeModeOutput>>
export type WaitTool = AiTool<unknown, CodeModeOutput>

type Status = { readonly type: 'user-approval'; readonly reason: string } | undefined

export interface CodeMode extends AsyncDisposable {
  readonly session: Session
  readonly tools: CodeModeTools
  /** `experimental_toolCallers` that routes these tools through `exec` and hides them from the model. */
  callers<NAME extends string>(tools: Readonly<Record<NAME, unknown>>): Record<NAME, ['exec']>
  /** Part of `toolApproval`: asks about nested calls; the reason shows them, with their lines and the program. */
  readonly toolApproval: {
    readonly wait: (input: unknown, options: Pick<ToolExecutionOptions<unknown>, 'toolCallId' | 'messages'>) => Status
  }
  /** Nested calls that wait for a person now, with the program that made them; of one cell, or of all. */
  pendingApprovals(cellId?: string): readonly ApprovalBatch[]
  /**
   * Decides about calls by their keys: for more than one call, for the session, or for a part of what waits. Throws
   * `APPROVAL_NOT_PENDING` for one that does not wait any more.
   */
  decide(key: string | readonly string[], decision: ApprovalDecision): void
  /** Terminates all cells and lets go of the hosts. */
  close(): Promise<void>
}

const optionNames: OptionNames<CodeModeOptions> = {
  ...codeModeCoreOptionNames,
  tools: 'any',
  codecellTools: 'any',
  toolApproval: 'any',
  toolsContext: 'any',
}

/**
 * Code mode for the AI SDK 7: `exec` and `wait` over a session. Tools with `needsApproval` are decided by `approvals.onRequest`,
 * or without it in the SDK's own way, as the approval of the next `wait`. Throws what `createSession` throws,
 * `PACKAGE_MISSING` without the SDK, and `PACKAGE_UNSUPPORTED` with another version of it.
 */
export async function codeMode(options: CodeModeOptions = {}): Promise<CodeMode> {
  checkOptions('codeMode', options, optionNames, outsideSession)
  const { tools = {}, codecellTools = [], toolsContext = {}, toolApproval = {}, ...coreOptions } = options
  const ai = await loadAi()
  const schemas = new SchemaTexts(ai)
  await schemas.prepare(tools)
  const outerCalls = new OuterCalls<OuterCall>()
  const nested: NestedToolOptions = {
    ai,
    contexts: toolsContext,
    schemas,
    approvals: toolApproval,
    outerCall: (execCallId) => outerCalls.of(execCallId) ?? { messages: [] },
    wasAsked: (context) => outerCalls.wasAsked(context),
    onChange: (context, change) => core.callChanged(context, change),
  }
  const bound = new BoundTools((set) => [...nestedTools({ ...tools, ...set }, nested), ...codecellTools])
  const onCellClosed = (cellId: string): void => {
    outerCalls.cellClosed(cellId)
    coreOptions.onCellClosed?.(cellId)
  }
  const core = await CodeModeCore.open(bound.with({}), { ...coreOptions, onCellClosed }, 'between-turns')
  outerCalls.opened(core.session)
  return {
    session: core.session,
    tools: { exec: execTool({ ai, core, tools: bound, outerCalls }), wait: waitTool(ai, core) },
    callers: callersOf,
    toolApproval: {
      wait(input, asking) {
        const question = callsToAllow(core.approvals, core.parseWait(input).request, asking, partToAsk)
        return question === null ? undefined : { type: 'user-approval', reason: reasonOf(question) }
      },
    },
    pendingApprovals: (cellId) => core.session.pendingApprovals(cellId),
    decide: (key, decision) => core.session.decide(key, decision),
    close: async () => await core[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: async () => await core[Symbol.asyncDispose](),
  }
}

type ExecParts = {
  readonly ai: AiPackage
  readonly core: CodeModeCore
  readonly tools: BoundTools
  readonly outerCalls: OuterCalls<OuterCall>
}

function execTool({ ai, core, tools, outerCalls }: ExecParts): ExecTool {
  const bind = (bound: ToolSet): AiTool<unknown, CodeModeOutput> => {
    const nested = tools.with(bound)
    return {
      description: core.describeExecWith(nested),
      inputSchema: schemaOf(ai, execInputSchema),
      async *execute(input, { toolCallId, abortSignal, messages, experimental_sandbox: sandbox }) {
        outerCalls.begin(toolCallId, sandbox === undefined ? { messages } : { messages, experimental_sandbox: sandbox })
        const exec = (call: CodeModeExecOptions): Promise<CodeModeResponse> =>
          core.exec(input, { ...call, tools: nested })
        let cellId: string | null = null
        try {
          const answer = yield* progressOf(exec, toolCallId, abortSignal)
          cellId = answer.cellId
          yield answeredOutput(answer)
        } finally {
          outerCalls.answered(toolCallId, cellId)
        }
      },
      toModelOutput,
    }
  }
  return asToolCaller(ai, bind({}), bind)
}

function waitTool(ai: AiPackage, core: CodeModeCore): WaitTool {
  return {
    description: core.waitSpec.description,
    inputSchema: schemaOf(ai, core.waitSpec.parameters),
    needsApproval: (input, asking) =>
      callsToAllow(core.approvals, core.parseWait(input).request, asking, everything) !== null,
    async *execute(input, { toolCallId, abortSignal }) {
      // The SDK runs a call that it asked about only when somebody said yes; one it never asked about allows nothing.
      core.approvals?.answer(toolCallId, { type: 'allow' })
      const wait = (call: CodeModeExecOptions): Promise<CodeModeResponse> => core.wait(core.parseWait(input), call)
      yield answeredOutput(yield* progressOf(wait, toolCallId, abortSignal))
    },
    toModelOutput,
  }
}

/** The calls that a yes allows, and what is said of the others. */
function reasonOf(question: Question): string {
  return [approvalCards(question.asked), leftOutText(question)].filter((text) => text !== '').join('\n\n')
}

/** Yields what happens until the answer comes, and returns the answer. */
async function* progressOf(
  call: (options: CodeModeExecOptions) => Promise<CodeModeResponse>,
  callId: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<CodeModeOutput, CodeModeResponse> {
  const latest = new Latest<CodeModeOutput>()
  const onProgress = (progress: Progress): void => latest.set(runningOutput(progress))
  const pending = call({ callId, onProgress, ...(signal === undefined ? {} : { signal }) })
  yield* latest.until(pending)
  return await pending
}

function schemaOf(ai: AiPackage, schema: JsonObject): Schema {
  return ai.jsonSchema(JSON.parse(JSON.stringify(schema)))
}
