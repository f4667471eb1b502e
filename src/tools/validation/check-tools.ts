import { CodecellError } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import { isNear } from '../../options/nearest-names.ts'
import type { Tool } from '../tool.ts'

/** Members that decide what a call may do. A tool may have other members; one that is nearly one of these is a mistake. */
const members = [
  'needsApproval',
  'idempotent',
  'allowedCallers',
  'checksInput',
  'takesAnyInput',
  'annotations',
  'inputSchema',
] as const satisfies readonly (keyof Tool)[]

const hints = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const

/** What other tools, and people, call the same things. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ['approve', 'needsApproval'],
  ['approval', 'needsApproval'],
  ['requireApproval', 'needsApproval'],
  ['requiresApproval', 'needsApproval'],
  ['readOnly', 'annotations.readOnlyHint'],
  ['destructive', 'annotations.destructiveHint'],
  ...hints.map((hint) => [hint, `annotations.${hint}`] as const),
])

/** What a tool has that no mistake is. */
const known: ReadonlySet<string> = new Set([...members, 'outputSchema'])

/**
 * Refuses tools with a member that nothing reads and that looks like one that decides about approvals, repetition or callers,
 * and tools whose `needsApproval` is not a policy.
 *
 * @throws {CodecellError} `INVALID_OPTION` that names the tool and the member.
 */
export function checkTools(tools: readonly Tool[]): void {
  for (const tool of tools) checkTool(tool)
}

function checkTool(tool: Tool): void {
  checkPolicy(tool)
  for (const name of namesOf(tool)) {
    const meant = known.has(name) ? undefined : memberMeant(name)
    if (meant !== undefined) throw misspelled(tool, name, meant)
  }
  // What a server says of its tools is its own affair, and is read as far as it is known.
  const { annotations, server } = tool
  if (server !== undefined || !isRecord(annotations)) return
  for (const name of Object.keys(annotations)) {
    const isKnown = name === 'title' || hints.some((hint) => hint === name)
    const meant = isKnown ? undefined : hints.find((hint) => isNear(name, hint, 2) || isNear(`${name}Hint`, hint, 2))
    if (meant !== undefined) throw misspelled(tool, `annotations.${name}`, `annotations.${meant}`)
  }
}

/** Callers in plain JavaScript can give anything, such as the booleans of other SDKs. */
function checkPolicy({ name, needsApproval }: { readonly name: string; readonly needsApproval?: unknown }): void {
  if (needsApproval === undefined || typeof needsApproval === 'function') return
  if (needsApproval === 'allow' || needsApproval === 'ask' || needsApproval === 'deny') return
  const given =
    typeof needsApproval === 'object' ? 'an object' : (JSON.stringify(needsApproval) ?? typeof needsApproval)
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot use the "needsApproval" of tool ${JSON.stringify(name)}: expected "allow", "ask", "deny" or a function, got ${given}`,
  )
}

function memberMeant(name: string): string | undefined {
  const member = members.find((candidate) => isNear(name, candidate, 2))
  if (member !== undefined) return member
  return [...otherNames].find(([other]) => isNear(name, other, 1))?.[1]
}

/** The names of a tool's own members, and of those of its classes. */
function namesOf(tool: object): ReadonlySet<string> {
  const names = new Set(Object.keys(tool))
  let prototype: unknown = Object.getPrototypeOf(tool)
  while (typeof prototype === 'object' && prototype !== null) {
    const next: unknown = Object.getPrototypeOf(prototype)
    // The last one is that of all objects.
    if (next === null) break
    for (const name of Object.getOwnPropertyNames(prototype)) names.add(name)
    prototype = next
  }
  return names
}

function misspelled(tool: Tool, name: string, meant: string): CodecellError {
  return new CodecellError(
    'INVALID_OPTION',
    `Cannot use tool ${JSON.stringify(tool.name)}: nothing reads its "${name}"; did you mean "${meant}"?`,
  )
}
