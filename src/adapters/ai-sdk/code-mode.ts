import type { Experimental_ToolCallerTool, Schema, Tool as AiTool, ToolExecutionOptions, ToolSet } from 'ai'
import { approvalCards } from '../../agent/approval-prompt/approval-card.ts'
import { leftOutText, partToAsk } from '../../agent/approval-prompt/part-to-ask.ts'
import { execInputSchema } from '../../agent/input/exec-arguments.ts'
import type { Tool } from '../../tools/tool.ts'
import type { JsonObject } from '../../protocol/json.ts'
import { checkToolsOption } from '../code-mode/check-tools-option.ts'
import { codeModeBase, type CodeModeBase } from '../code-mode/code-mode-base.ts'
import { ExecCallContexts } from '../code-mode/exec-call-contexts.ts'
import {
  CodeModeCore,
  codeModeCoreOptionNames,
  type CodeModeResponse,
  type CodeModeCoreOptions,
} from '../code-mode/code-mode-core.ts'
import { everything, type Question } from '../code-mode/held-approvals.ts'
import type { Progress } from '../../agent/following/cell-progress.ts'
import type { FollowOptions } from '../../agent/following/model-cell-watcher.ts'
import { loadAi, type AiPackage } from './ai-package.ts'
import { finalOutput, runningOutput, toModelOutput, type CodeModeOutput } from './exec-output.ts'
import { Latest } from './latest.ts'
import { BoundTools } from './bound-tools.ts'
import { nestedTools, type NestedApprovals, type NestedToolOptions, type ExecContext } from './nested-tool.ts'
import { SchemaTexts } from './schema-texts.ts'
import { asToolCaller, callersOf } from './tool-caller.ts'
import { callsToAllow } from './wait-approval.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import { outsideSession } from '../../session/api/option-names.ts'

export type CodeModeOptions = CodeModeCoreOptions & {
  /** Tools that programs can call. */
  readonly tools?: readonly Tool[]
  /** Tools of the AI SDK that programs can call, in addition to those that `experimental_toolCallers` routes to `exec`. */
  readonly sdkTools?: ToolSet
  /**
   * Approvals of nested SDK tools by name, as `toolApproval` of `generateText`, which does not apply to them. They take
   * precedence over the tools' own `needsApproval`.
   */
  readonly toolApproval?: NestedApprovals
  /** Contexts of nested SDK tools by name, as `toolsContext` of `generateText`. */
  readonly toolsContext?: Readonly<Record<string, unknown>>
}

/** The two tools for `generateText`, `streamText` or an agent. */
export type SdkTools = { readonly exec: SdkExecTool; readonly wait: SdkWaitTool }
export type SdkExecTool = Experimental_ToolCallerTool<AiTool<unknown, CodeModeOutput>>
export type SdkWaitTool = AiTool<unknown, CodeModeOutput>

type Status = { readonly type: 'user-approval'; readonly reason: string } | undefined

export interface CodeMode extends CodeModeBase {
  readonly tools: SdkTools
  /** Returns the `experimental_toolCallers` that routes these tools through `exec` and hides them from the model. */
  callers<Name extends string>(tools: Readonly<Record<Name, unknown>>): Record<Name, ['exec']>
  /** For `toolApproval` of a run: requests approvals of nested calls. The reason shows them with their lines and program. */
  readonly toolApproval: {
    readonly wait: (input: unknown, options: Pick<ToolExecutionOptions<unknown>, 'toolCallId' | 'messages'>) => Status
  }
}

const optionNames: OptionNames<CodeModeOptions> = {
  ...codeModeCoreOptionNames,
  tools: 'any',
  sdkTools: 'any',
  toolApproval: 'any',
  toolsContext: 'any',
}

/**
 * Creates code mode for the AI SDK 7: `exec` and `wait` over a session. `approvals.onRequest` decides about calls that need an
 * approval; without it the SDK requests the approval of the next `wait`.
 *
 * @throws {CodecellError} PACKAGE_MISSING without the SDK, PACKAGE_UNSUPPORTED with another version, and the errors of
 * `createSession`.
 * @example
 * ```ts
 * await using mode = await codeMode()
 * const result = streamText({
 *   model,
 *   tools: { ...mode.tools, ...tools },
 *   experimental_toolCallers: mode.callers(tools), // hidden from the model, called by programs
 *   prompt: 'Which of Oslo, Lima and Pune is warmest?',
 * })
 * ```
 */
export async function codeMode(options: CodeModeOptions = {}): Promise<CodeMode> {
  checkOptions('codeMode', options, optionNames, outsideSession)
  const { tools = [], sdkTools = {}, toolsContext = {}, toolApproval = {}, ...coreOptions } = options
  checkToolsOption(tools, 'the AI SDK')
  const ai = await loadAi()
  const schemas = new SchemaTexts(ai)
  await schemas.prepare(sdkTools)
  const contexts = new ExecCallContexts<ExecContext>()
  const nested: NestedToolOptions = {
    ai,
    toolsContext,
    schemas,
    approvals: toolApproval,
    execContext: (execCallId) => contexts.of(execCallId) ?? { messages: [] },
    wasAsked: (context) => contexts.wasAsked(context),
    onChange: (context, change) => core.callChanged(context, change),
  }
  const bound = new BoundTools((set) => [...nestedTools({ ...sdkTools, ...set }, nested), ...tools])
  const onCellClosed = (cellId: string): void => {
    contexts.onCellClosed(cellId)
    coreOptions.onCellClosed?.(cellId)
  }
  const core = await CodeModeCore.open(bound.with({}), { ...coreOptions, onCellClosed }, 'between-turns')
  contexts.onSessionOpen(core.session)
  return {
    ...codeModeBase(core),
    tools: { exec: execTool({ ai, core, tools: bound, contexts }), wait: waitTool(ai, core) },
    callers: callersOf,
    toolApproval: {
      wait(input, asking) {
        const question = callsToAllow(core.approvals, core.parseWait(input).request, asking, partToAsk)
        return question === null ? undefined : { type: 'user-approval', reason: reasonOf(question) }
      },
    },
  }
}

type ExecParts = {
  readonly ai: AiPackage
  readonly core: CodeModeCore
  readonly tools: BoundTools
  readonly contexts: ExecCallContexts<ExecContext>
}

function execTool({ ai, core, tools, contexts }: ExecParts): SdkExecTool {
  const bind = (bound: ToolSet): AiTool<unknown, CodeModeOutput> => {
    const nested = tools.with(bound)
    return {
      description: core.describeExecWith(nested),
      inputSchema: schemaOf(ai, execInputSchema),
      async *execute(input, { toolCallId, abortSignal, messages, experimental_sandbox: sandbox }) {
        contexts.add(toolCallId, sandbox === undefined ? { messages } : { messages, experimental_sandbox: sandbox })
        const exec = (call: FollowOptions): Promise<CodeModeResponse> => core.exec(input, { ...call, tools: nested })
        let cellId: string | null = null
        try {
          const response = yield* progressOf(exec, toolCallId, abortSignal)
          cellId = response.cellId
          yield finalOutput(response)
        } finally {
          contexts.onResponse(toolCallId, cellId)
        }
      },
      toModelOutput,
    }
  }
  return asToolCaller(ai, bind({}), bind)
}

function waitTool(ai: AiPackage, core: CodeModeCore): SdkWaitTool {
  return {
    description: core.waitSpec.description,
    inputSchema: schemaOf(ai, core.waitSpec.parameters),
    needsApproval: (input, asking) =>
      callsToAllow(core.approvals, core.parseWait(input).request, asking, everything) !== null,
    async *execute(input, { toolCallId, abortSignal }) {
      // The SDK runs a call only after its approval. A call that never requested one allows nothing.
      core.approvals?.decide(toolCallId, { type: 'allow' })
      const wait = (call: FollowOptions): Promise<CodeModeResponse> => core.wait(core.parseWait(input), call)
      yield finalOutput(yield* progressOf(wait, toolCallId, abortSignal))
    },
    toModelOutput,
  }
}

/** Returns the text of the calls that an approval allows, and a remark about the others. */
function reasonOf(question: Question): string {
  return [approvalCards(question.asked), leftOutText(question)].filter((text) => text !== '').join('\n\n')
}

/** Yields the progress of a call until its response, and returns the response. */
async function* progressOf(
  call: (options: FollowOptions) => Promise<CodeModeResponse>,
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
