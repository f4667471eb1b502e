import { CodecellError } from '../errors.ts'
import { isRecord } from '../protocol/json.ts'
import { isNear } from '../options/nearest-names.ts'
import type { Tool } from './tool.ts'

/** Members that decide about calls. Tools may have other members, but a name close to one of these is a mistake. */
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

/** Names for the same things in other SDKs. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ['approve', 'needsApproval'],
  ['approval', 'needsApproval'],
  ['requireApproval', 'needsApproval'],
  ['requiresApproval', 'needsApproval'],
  ['readOnly', 'annotations.readOnlyHint'],
  ['destructive', 'annotations.destructiveHint'],
  ...hints.map((hint) => [hint, `annotations.${hint}`] as const),
])

/** Known members, which are never a misspelling. */
const known: ReadonlySet<string> = new Set([...members, 'outputSchema'])

/**
 * Refuses tools with an unknown member whose name is close to one that decides about approvals, retries or callers, and
 * tools whose `needsApproval` is not a policy.
 *
 * @throws {CodecellError} `INVALID_OPTION`, naming the tool and the member
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
  // Annotations of a server may have any members; only the known ones are read.
  const { annotations, server } = tool
  if (server !== undefined || !isRecord(annotations)) return
  for (const name of Object.keys(annotations)) {
    const isKnown = name === 'title' || hints.some((hint) => hint === name)
    const meant = isKnown ? undefined : hints.find((hint) => isNear(name, hint, 2) || isNear(`${name}Hint`, hint, 2))
    if (meant !== undefined) throw misspelled(tool, `annotations.${name}`, `annotations.${meant}`)
  }
}

/** Callers in plain JavaScript can pass any value, such as the booleans of other SDKs. */
function checkPolicy({ name, needsApproval }: { readonly name: string; readonly needsApproval?: unknown }): void {
  if (needsApproval === undefined || typeof needsApproval === 'function') return
  if (needsApproval === 'allow' || needsApproval === 'ask' || needsApproval === 'deny') return
  const actual =
    typeof needsApproval === 'object' ? 'an object' : (JSON.stringify(needsApproval) ?? typeof needsApproval)
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot use the "needsApproval" of tool ${JSON.stringify(name)}: expected "allow", "ask", "deny" or a function, got ${actual}`,
    { details: { option: `tools.${name}.needsApproval`, expected: '"allow", "ask", "deny" or a function' } },
  )
}

function memberMeant(name: string): string | undefined {
  const member = members.find((candidate) => isNear(name, candidate, 2))
  if (member !== undefined) return member
  return [...otherNames].find(([other]) => isNear(name, other, 1))?.[1]
}

/** Returns the names of the members of a tool and of its classes. */
function namesOf(tool: object): ReadonlySet<string> {
  const names = new Set(Object.keys(tool))
  let prototype: unknown = Object.getPrototypeOf(tool)
  while (typeof prototype === 'object' && prototype !== null) {
    const next: unknown = Object.getPrototypeOf(prototype)
    // The last prototype is that of all objects.
    if (next === null) break
    for (const name of Object.getOwnPropertyNames(prototype)) names.add(name)
    prototype = next
  }
  return names
}

function misspelled(tool: Tool, name: string, meant: string): CodecellError {
  return new CodecellError(
    'INVALID_OPTION',
    `Cannot use tool ${JSON.stringify(tool.name)}: unknown member "${name}"; did you mean "${meant}"?`,
    { details: { option: `tools.${tool.name}.${name}`, expected: meant } },
  )
}
