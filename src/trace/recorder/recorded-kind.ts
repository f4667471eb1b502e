import { CodecellError } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import { toolKinds, type ToolKind } from '../format/raw-event.ts'

/** A kind whose name says everything about it. */
type PlainKind = Exclude<ToolKind['type'], 'mcp' | 'other'>

/**
 * The kind of a recorded tool. `message` is the argument whose text a spawned or addressed agent receives.
 *
 * @default message `'message'`
 */
export type RecordedKind = PlainKind | (ToolKind & { readonly message?: string })

/** The input of a recorded call: the arguments of a function in JSON, or plain text. */
export type RecordedInput =
  | { readonly type: 'function'; readonly arguments: string }
  | { readonly type: 'custom'; readonly input: string }

/** A call in the form that readers need for its kind. */
export type KindOfCall = {
  readonly kind: ToolKind
  /** The tool name in the invocation. */
  readonly name: string
  readonly input: RecordedInput
}

/** Checks the kinds of tools. Throws `INVALID_OPTION`. */
export function checkKinds(kinds: Readonly<Record<string, RecordedKind>>): void {
  for (const [tool, kind] of Object.entries(kinds)) {
    const { type } = toolKindOf(kind)
    if (toolKinds.some((known) => known === type)) continue
    const reason = `expected one of ${toolKinds.join(', ')}, got ${JSON.stringify(type)}`
    throw new CodecellError('INVALID_OPTION', `Cannot record ${JSON.stringify(tool)} with its kind: ${reason}`)
  }
}

function toolKindOf(kind: RecordedKind): ToolKind {
  if (typeof kind === 'string') return { type: kind }
  const { message: _, ...plain } = kind
  return plain
}

/**
 * Returns a call as readers of its kind parse it. They need the tool name `write_stdin` for that kind, and the argument `message`
 * for agents.
 */
export function callOfKind(recorded: RecordedKind, name: string, input: RecordedInput): KindOfCall {
  const kind = toolKindOf(recorded)
  if (kind.type === 'write_stdin') {
    return input.type === 'custom'
      ? { kind: { type: 'other', name }, name, input }
      : { kind, name: 'write_stdin', input }
  }
  if (!isForAgent(kind) || kind.type === 'close_agent') return { kind, name, input }
  const argument = typeof recorded === 'string' ? undefined : recorded.message
  return { kind, name, input: withMessage(input, argument ?? 'message') }
}

/** Returns whether calls of this kind make edges between agents. */
export function isForAgent({ type }: ToolKind): boolean {
  return type === 'spawn_agent' || type === 'assign_agent_task' || type === 'send_message' || type === 'close_agent'
}

/** Adds the argument `message` if it is missing. */
function withMessage(input: RecordedInput, argument: string): RecordedInput {
  if (input.type === 'custom') return { type: 'function', arguments: JSON.stringify({ message: input.input }) }
  const args = parsed(input.arguments)
  if (!isRecord(args)) return { type: 'function', arguments: JSON.stringify({ input: args, message: '' }) }
  const message = args[argument]
  if (argument === 'message' && typeof message === 'string') return input
  return {
    type: 'function',
    arguments: JSON.stringify({ ...args, message: typeof message === 'string' ? message : '' }),
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}
