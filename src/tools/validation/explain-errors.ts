import type { OutputUnit } from '@cfworker/json-schema'
import { isRecord } from '../../protocol/json.ts'
import { describeExpectation, oneLine, shownValue } from './expectation-text.ts'
import { nearestNames } from '../../options/nearest-names.ts'

/** A schema and the targets of its references. */
export type KnownSchema = { readonly root: unknown; readonly lookup: Readonly<Record<string, unknown>> }

/** A problem of an input. `path` leads to the value, even if it is missing. */
export type InputProblem = { readonly path: readonly string[]; readonly text: string }

/** Maximum number of errors that are examined. */
const maxErrors = 2000

/** Maximum number of problems that are listed; the rest is counted. */
const maxProblems = 5

/** Keywords whose errors only refer to nested errors. */
const parents = new Set([
  '$ref',
  '$recursiveRef',
  'allOf',
  'if',
  'properties',
  'patternProperties',
  'additionalProperties',
  'dependentSchemas',
  'unevaluatedProperties',
  'items',
  'prefixItems',
  'additionalItems',
  'unevaluatedItems',
])

/** Keywords whose nested errors have no meaning of their own. */
const wholes = new Set(['not', 'contains', 'minContains', 'maxContains', 'propertyNames'])

/** Explains the problems of an input: the property, the expectation, and the actual value. */
export function explainErrors(errors: readonly OutputUnit[], schema: KnownSchema, input: unknown): InputProblem[] {
  const schemas = new SchemaFinder(schema)
  const leaves = leavesOf(errors.slice(0, maxErrors), schemas, input)
  const problems = leaves.flatMap((leaf) => problemOf(leaf, leaves, schemas, input))
  return [...new Map(problems.map((problem) => [problem.text, problem])).values()]
}

/** Returns lines for the model, up to a maximum. */
export function problemLines(problems: readonly InputProblem[]): string[] {
  const lines = problems.slice(0, maxProblems).map(({ text }) => text)
  return problems.length > maxProblems ? [...lines, `and ${problems.length - maxProblems} more`] : lines
}

/** Resolves the keyword locations of the validator, also through references. */
class SchemaFinder {
  readonly #schema: KnownSchema

  constructor(schema: KnownSchema) {
    this.#schema = schema
  }

  /** Returns the node that has the keyword. */
  owner({ keywordLocation }: OutputUnit): Readonly<Record<string, unknown>> {
    let node: unknown = this.#schema.root
    for (const part of partsOf(keywordLocation).slice(0, -1)) node = this.#step(node, part)
    return isRecord(node) ? node : {}
  }

  #step(node: unknown, part: string): unknown {
    if (Array.isArray(node)) return node[Number(part)]
    if (!isRecord(node)) return undefined
    if (part === '$recursiveRef') return this.#schema.root
    if (part !== '$ref') return node[part]
    const address = node['__absolute_ref__']
    return typeof address === 'string' ? this.#schema.lookup[address] : undefined
  }
}

function leavesOf(errors: readonly OutputUnit[], schemas: SchemaFinder, input: unknown): OutputUnit[] {
  const leaves: OutputUnit[] = []
  for (let at = 0; at < errors.length; at++) {
    const error = errors[at]
    if (error === undefined) break
    const { keyword } = error
    if (parents.has(keyword)) continue
    const isChoice = keyword === 'anyOf' || keyword === 'oneOf'
    const end = isChoice || wholes.has(keyword) ? endBelow(errors, at) : at + 1
    if (isChoice) leaves.push(...explainChoice(error, errors.slice(at + 1, end), schemas, input))
    else leaves.push(error)
    at = end - 1
  }
  return leaves
}

function endBelow(errors: readonly OutputUnit[], at: number): number {
  const prefix = `${errors[at]?.keywordLocation ?? ''}/`
  let end = at + 1
  while (errors[end]?.keywordLocation.startsWith(prefix) === true) end++
  return end
}

/** Of several alternatives, explains only the one that the input matches best, if there is one. */
function explainChoice(
  choice: OutputUnit,
  below: readonly OutputUnit[],
  schemas: SchemaFinder,
  input: unknown,
): OutputUnit[] {
  const branches = new Map<string, OutputUnit[]>()
  for (const error of below) {
    const branch = error.keywordLocation.slice(choice.keywordLocation.length + 1).split('/')[0] ?? ''
    const errors = branches.get(branch)
    if (errors === undefined) branches.set(branch, [error])
    else errors.push(error)
  }
  const explained = [...branches.values()].map((errors) => leavesOf(errors, schemas, input))
  const meant = explained.filter((leaves) => !leaves.some((leaf) => isOtherKind(leaf, choice)))
  const [best, ...others] =
    meant.length > 0
      ? meant
      : explained.filter((leaves) => leaves.some((leaf) => leaf.instanceLocation !== choice.instanceLocation))
  if (best === undefined || (choice.error.includes('exactly one') && !/\(0 matches\)/.test(choice.error)))
    return [choice]
  if (meant.length > 1) return [...meant].sort((a, b) => a.length - b.length)[0] ?? [choice]
  return meant.length === 1 || others.length === 0 ? best : [choice]
}

/**
 * A wrong type at the top, or a different constant directly inside, means that the input is not of this alternative.
 */
function isOtherKind({ keyword, instanceLocation }: OutputUnit, choice: OutputUnit): boolean {
  const isHere = instanceLocation === choice.instanceLocation
  if (isHere) return keyword === 'type' || keyword === 'const' || keyword === 'enum' || keyword === 'not'
  const isChild = !instanceLocation.slice(choice.instanceLocation.length + 1).includes('/')
  return isChild && (keyword === 'const' || keyword === 'enum')
}

function problemOf(
  leaf: OutputUnit,
  leaves: readonly OutputUnit[],
  schemas: SchemaFinder,
  input: unknown,
): InputProblem[] {
  const path = partsOf(leaf.instanceLocation)
  const node = schemas.owner(leaf)
  if (leaf.keyword === 'required') return missingProperty(leaf, path, node, input)
  if (leaf.keyword === 'not' && isNever(node)) return unknownProperty(path, leaf, leaves, schemas, input)
  const { value, isThere } = valueAt(input, path)
  const came = isThere ? `, got ${shownValue(value)}` : ''
  return [{ path, text: `${shownPath(path)}: expected ${describeExpectation(leaf.keyword, node, value)}${came}` }]
}

function missingProperty(
  { error }: OutputUnit,
  path: readonly string[],
  node: Readonly<Record<string, unknown>>,
  input: unknown,
): InputProblem[] {
  const name = /^Instance does not have required property "([^]*)"\.$/.exec(error)?.[1] ?? ''
  const properties = isRecord(node['properties']) ? node['properties'] : {}
  const { value } = valueAt(input, path)
  const unknown = isRecord(value) ? Object.keys(value).filter((key) => !Object.hasOwn(properties, key)) : []
  const [misspelled] = nearestNames(name, unknown, 1)
  const expected = describeExpectation('type', isRecord(properties[name]) ? properties[name] : {}, undefined)
  const hint = misspelled === undefined ? '' : `; ${oneLine(JSON.stringify(misspelled))} was given instead`
  const whole = [...path, name]
  return [{ path: whole, text: `${shownPath(whole)}: required (${expected}), but missing${hint}` }]
}

/** Explains a property that the schema forbids, unless it was named as the misspelling of a missing one. */
function unknownProperty(
  path: readonly string[],
  leaf: OutputUnit,
  leaves: readonly OutputUnit[],
  schemas: SchemaFinder,
  input: unknown,
): InputProblem[] {
  const name = path.at(-1) ?? ''
  const parent = leaf.instanceLocation.slice(0, leaf.instanceLocation.lastIndexOf('/'))
  const missing = leaves.filter(
    ({ keyword, instanceLocation }) => keyword === 'required' && instanceLocation === parent,
  )
  const lines = missing.flatMap((other) => missingProperty(other, path.slice(0, -1), schemas.owner(other), input))
  if (lines.some(({ text }) => text.endsWith(`; ${oneLine(JSON.stringify(name))} was given instead`))) return []
  const holder = schemas.owner({
    ...leaf,
    keywordLocation: leaf.keywordLocation.slice(0, leaf.keywordLocation.lastIndexOf('/')),
  })
  const known = isRecord(holder['properties']) ? Object.keys(holder['properties']) : []
  const near = nearestNames(name, known, 2)
  if (near.length > 0)
    return [{ path, text: `${shownPath(path)}: not a known property; did you mean ${listed(near)}?` }]
  const all =
    known.length === 0 ? '' : `; must be one of ${listed(known.slice(0, 12))}${known.length > 12 ? ', …' : ''}`
  return [{ path, text: `${shownPath(path)}: not a known property${all}` }]
}

function listed(names: readonly string[]): string {
  return names.map((name) => oneLine(JSON.stringify(name))).join(', ')
}

/** The copy of a schema that is `false`. */
function isNever(node: Readonly<Record<string, unknown>>): boolean {
  const { not } = node
  return isRecord(not) && Object.keys(not).length === 0
}

function partsOf(location: string): string[] {
  return location
    .split('/')
    .slice(1)
    .map((part) => decoded(part).replaceAll('~1', '/').replaceAll('~0', '~'))
}

function decoded(part: string): string {
  try {
    return decodeURI(part.replaceAll('%23', '%2523')).replaceAll('%23', '#')
  } catch {
    return part
  }
}

function valueAt(input: unknown, path: readonly string[]): { value: unknown; isThere: boolean } {
  let value = input
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part))
      return { value: undefined, isThere: false }
    value = Reflect.get(value, part)
  }
  return { value, isThere: true }
}

/** Formats a path, e.g. `edits[0].oldText`; the whole input has no name. */
function shownPath(path: readonly string[]): string {
  const parts = path.map((part) => {
    if (/^\d+$/.test(part)) return `[${part}]`
    return /^[A-Za-z_$][\w$]*$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`
  })
  return path.length === 0 ? 'the argument' : oneLine(parts.join('').replace(/^\./, ''))
}
