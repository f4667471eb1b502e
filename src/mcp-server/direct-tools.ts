import { neverDeferred } from '../tools/deferred-result.ts'
import { randomUUID } from 'node:crypto'
import {
  acceptedContent,
  inputRequired,
  isCallToolResult,
  type CallToolResult,
  type InputRequiredResult,
  type ListToolsResult,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { messageOf } from '../errors.ts'
import { isRecord } from '../protocol/json.ts'
import { apiNames, maxClientName } from '../tools/api-names.ts'
import { resolveTools } from '../tools/resolve-tool.ts'
import { describedWithSource } from '../tools/source-name.ts'
import type { Tool } from '../tools/tool.ts'
import { maxInput } from '../agent/approval-prompt/part-to-ask.ts'
import { shownInput } from '../agent/approval-prompt/shown-input.ts'
import { inputHashOf } from '../session/approvals/input-hash.ts'
import { toolDigestOf } from '../tools/tool-digest.ts'
import { approvalQuestion, tooLongToShow } from './approvals/approval-question.ts'

type ListedTool = ListToolsResult['tools'][number]

/** The reason for a denial by a read-only server. */
export const mayWrite = 'it can write, and this server is read-only'

/** Tools that the client calls itself, by their name for the client. */
export type DirectTools = ReadonlyMap<string, Tool>

/**
 * Returns the tools for the client, by names that fit the limits of clients and model APIs: with `passthrough` all that allow direct calls, otherwise those that programs cannot call. */
export function directTools(tools: readonly Tool[], passthrough: boolean): DirectTools {
  const offered = tools.filter(({ allowedCallers = ['direct', 'code'] }) =>
    passthrough
      ? allowedCallers.includes('direct')
      : allowedCallers.includes('direct') && !allowedCallers.includes('code'),
  )
  const named = [...apiNames(resolveTools(offered), maxClientName)]
  return new Map(named.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** Returns the tools that programs can call. */
export function programTools(tools: readonly Tool[]): readonly Tool[] {
  return tools.filter(({ allowedCallers }) => allowedCallers === undefined || allowedCallers.includes('code'))
}

export function listedTool(name: string, tool: Tool): ListedTool {
  const { annotations, inputSchema } = tool
  const description = describedWithSource(name, tool)
  const output = structuredSchema(tool.outputSchema)
  return {
    name,
    ...(description === undefined ? {} : { description }),
    inputSchema: isRecord(inputSchema) ? { ...inputSchema, type: 'object' } : { type: 'object' },
    ...(output === null ? {} : { outputSchema: output }),
    ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
  }
}

export type DirectCall = {
  readonly name: string
  readonly tool: Tool
  readonly input: unknown
  readonly canAsk: boolean
  /** Whether only tools with `readOnlyHint: true` can be called. */
  readonly readOnly: boolean
}

/**
 * Calls a tool for the client. Asks the user first if the tool or the configuration requires an approval; the client itself handles
 * hints. MCP results are returned unchanged.
 */
export async function callDirectly(
  { name, tool, input, canAsk, readOnly }: DirectCall,
  { mcpReq }: ServerContext,
): Promise<CallToolResult | InputRequiredResult> {
  try {
    if (readOnly && tool.annotations?.readOnlyHint !== true) {
      return failure(`the call of tool ${name} was denied: ${mayWrite}`)
    }
    const callId = randomUUID()
    const { signal } = mcpReq
    const context = { cellId: '', callId, execCallId: null, key: callId, epoch: 0, signal, defer: neverDeferred }
    const { needsApproval = 'allow' } = tool
    const policy: unknown = typeof needsApproval === 'function' ? await needsApproval(input, context) : needsApproval
    if (policy === 'deny') return failure(`the call of tool ${name} was denied`)
    if (policy !== 'allow') {
      if (!canAsk) return failure(`tool ${name} needs an approval, and this MCP client cannot ask its user`)
      const shown = shownInput(input ?? {}, { width: 200, max: maxInput })
      if (!shown.isComplete) return failure(`the call of tool ${name} was denied: ${tooLongToShow}`)
      // A decision applies to the call that the form showed, and to the tool as it was then.
      const subject = inputHashOf([name, input ?? {}, toolDigestOf(tool)])
      const isAnswered = mcpReq.inputResponses !== undefined && Object.hasOwn(mcpReq.inputResponses, 'approval')
      if (!isAnswered || mcpReq.requestState() !== subject) return asked(name, shown.text, subject)
      const isAllowed = acceptedContent(mcpReq.inputResponses, 'approval')?.['allow'] === true
      if (!isAllowed) return failure(`the call of tool ${name} was denied: the user declined`)
    }
    return resultOf(await tool.call(input ?? {}, context))
  } catch (error) {
    return failure(messageOf(error))
  }
}

function asked(name: string, text: string, requestState: string): InputRequiredResult {
  const approval = approvalQuestion(`Call ${name} with ${text}?`)
  return inputRequired({ inputRequests: { approval }, requestState })
}

function resultOf(result: unknown): CallToolResult {
  if (isRecord(result) && Array.isArray(result['content']) && isCallToolResult(result)) return result
  const text = typeof result === 'string' ? result : (JSON.stringify(result) ?? 'null')
  return { content: [{ type: 'text', text }] }
}

function failure(text: string): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true }
}

/** Extracts the schema of the structured part from the schema of an MCP result. */
function structuredSchema(schema: unknown): (Record<string, unknown> & { type: 'object' }) | null {
  if (!isRecord(schema) || !isRecord(schema['properties'])) return null
  const { content, structuredContent } = schema['properties']
  if (content === undefined || !isRecord(structuredContent)) return null
  // Older clients reject the whole list because of one output that is not an object.
  return structuredContent['type'] === 'object' ? { ...structuredContent, type: 'object' } : null
}
