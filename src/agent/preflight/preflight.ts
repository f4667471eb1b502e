import type { InputChecks } from '../../session/common/input-validation.ts'
import { misfitText } from '../../session/common/input-validation.ts'
import type { TypeStripper } from '../../session/services/type-stripper.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import { nearestNames } from '../../options/nearest-names.ts'
import type { Tool } from '../../tools/tool.ts'
import { isCertain } from './guaranteed-calls.ts'
import { codeFrame, type SourcePosition } from './code-frame.ts'
import { knownArgument } from './literal-value.ts'
import { factsOf, type ProgramFacts, type ToolCall } from './program-facts.ts'
import { childListOf, childOf, parseModule, type SyntaxNode } from './syntax-tree.ts'

export type PreflightOptions = {
  readonly catalogue: Catalogue
  readonly inputChecks: InputChecks
  readonly stripper: TypeStripper
}

/** In UTF-16 units; longer sources are not checked. */
const maxSourceLength = 512 * 1024

/** Calls of one program that are checked. */
const maxCalls = 2000

/** Tools whose names an error lists when none is similar. */
const maxListed = 10

/**
 * Checks a program before it runs. Returns the error text for the model, or null. Finds calls of unknown tools, and literal
 * arguments that input validation would refuse. Reports only certain errors.
 */
export async function preflight(source: string, options: PreflightOptions): Promise<string | null> {
  // Most programs without tool calls do not contain the word.
  if (source.length > maxSourceLength || !source.includes('tools')) return null
  const program = parseModule(source) ?? (await parseTypeScript(source, options.stripper))
  const facts = program === null ? null : factsOf(program)
  if (facts === null) return null
  for (const call of facts.calls.slice(0, maxCalls)) {
    const problem = problemOf(call, facts, options)
    if (problem !== null) return problemText(problem, source)
  }
  return null
}

type Problem = { readonly headline: string; readonly at: number; readonly advice: readonly string[] }

async function parseTypeScript(source: string, stripper: TypeStripper): Promise<ReturnType<typeof parseModule>> {
  const stripped = await stripper.strip(source)
  return stripped.type === 'stripped' ? parseModule(stripped.source) : null
}

function problemOf(call: ToolCall, facts: ProgramFacts, { catalogue, inputChecks }: PreflightOptions): Problem | null {
  const tool = catalogue.find(call.name)
  if (tool !== undefined) return argumentProblem(call, tool, facts, inputChecks)
  if (isInherited(call.name) || call.name === 'tool_search' || facts.asked.has(call.name)) return null
  return isCertain(call.path, facts, { awaited: false }) ? unknownTool(call, catalogue) : null
}

/** The members of every object, including `tools`. */
function isInherited(name: string): boolean {
  return name in {}
}

function unknownTool({ name, path }: ToolCall, catalogue: Catalogue): Problem {
  const identifiers = catalogue.entries.map(({ identifier }) => identifier)
  const spelled = catalogue.entries.filter(({ tool }) => tool.name === name).map(({ identifier }) => identifier)
  const near = spelled.length > 0 ? spelled.slice(0, 3) : nearestNames(name, identifiers, 3)
  const few = identifiers.length <= maxListed ? `The tools are ${shown(identifiers)}.` : 'All names are in ALL_TOOLS.'
  const others =
    catalogue.find('tool_search') === undefined ? few : `${few} Others can be found with tools.tool_search.`
  const none = 'This session has no tools.'
  return {
    headline: `TypeError: tools.${name.slice(0, 100)} is not a function: unknown tool`,
    at: calleeEnd(path.node),
    advice: identifiers.length === 0 ? [none] : [...(near.length > 0 ? [`Did you mean ${shown(near)}?`] : []), others],
  }
}

function shown(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}

/** Returns the position of the tool's name. */
function calleeEnd(call: SyntaxNode): number {
  const callee = childOf(call, 'callee')
  return (callee === null ? null : childOf(callee, 'property'))?.start ?? call.start
}

function argumentProblem(
  { name, path }: ToolCall,
  tool: Tool,
  facts: ProgramFacts,
  inputChecks: InputChecks,
): Problem | null {
  const [argument] = childListOf(path.node, 'arguments')
  const known = argument === undefined ? { value: {} } : knownArgument(argument)
  if (known === null || tool.kind === 'freeform') return null
  // The call itself refuses arguments that are not objects, with another message.
  if (typeof known.value !== 'object' || known.value === null || Array.isArray(known.value)) return null
  const problems = inputChecks.problemsOf(tool, known.value)
  if (problems.length === 0 || !isCertain(path, facts, { awaited: true })) return null
  const headline = misfitText(`The input of tool \`${name}\` does not fit its schema:`, problems)
  return { headline, at: argument?.start ?? path.node.start, advice: [] }
}

function problemText({ headline, at, advice }: Problem, source: string): string {
  const position = positionOf(source, at)
  const path = `    at exec_main.mjs:${position.line}:${position.column}`
  return [headline, path, codeFrame(source, position), ...advice, 'Nothing of the script has run.'].join('\n')
}

function positionOf(source: string, at: number): SourcePosition {
  const lines = source.slice(0, at).split(/\r\n|[\n\r\u2028\u2029]/)
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}
