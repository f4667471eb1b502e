import { nearestNames } from '../../options/nearest-names.ts'
import { isRecord } from '../../protocol/json.ts'
import type { DefaultedProperties } from './defaulted-properties.ts'
import {
  anyText,
  containsText,
  describeExpectation,
  oneLine,
  shownConstant,
  shownValue,
  typeText,
} from './expectation-text.ts'
import type { Location } from './location.ts'
import type { Failure } from './visit.ts'

/** A problem of an input. `path` leads to the value, even if it is missing. */
export type InputProblem = { readonly path: readonly string[]; readonly text: string }

/** Maximum number of failures that are explained, and of those that are counted. */
const maxExplained = 10
const maxCounted = 500

/** Maximum number of names that are compared with a wrong one. */
const maxCompared = 500

/** Maximum number of problems that are listed; the rest is counted. */
const maxProblems = 5

/** Maximum number of names that a problem lists. */
const maxNames = 12

/** The schemas of an input: their document, and those at a location. */
type Schemas = Pick<DefaultedProperties, 'schemasAt' | 'document'>

/** Explains the problems of an input: the property, the expectation, and the actual value. */
export function explainFailures(failures: readonly Failure[], schemas: Schemas): readonly InputProblem[] {
  const leaves = failures.flatMap(leavesOf).slice(0, maxCounted)
  const explained = leaves.slice(0, maxExplained).flatMap((leaf) => problemOf(leaf, leaves, schemas))
  const others = leaves
    .slice(maxExplained)
    .map(({ at }) => ({ path: at.path, text: `${shownPath(at.path)}: does not fit` }))
  const problems = [...explained, ...others]
  return [...new Map(problems.map((problem) => [problem.text, problem])).values()]
}

/** Returns lines for the model, up to a maximum. */
export function problemLines(problems: readonly InputProblem[]): string[] {
  const lines = problems.slice(0, maxProblems).map(({ text }) => text)
  return problems.length > maxProblems ? [...lines, `and ${problems.length - maxProblems} more`] : lines
}

/** Replaces a choice by the failures of the alternative that the input matches best, if there is one. */
function leavesOf(failure: Failure): readonly Failure[] {
  const { keyword, branches } = failure
  if (branches === undefined || keyword === 'propertyNames') return [failure]
  const explained = branches.map((branch) => branch.flatMap(leavesOf))
  const meant = explained.filter((leaves) => !leaves.some((leaf) => isOtherKind(leaf, failure)))
  const [best] = meant
  if (best === undefined) {
    const inside = explained.filter((leaves) => leaves.some(({ at }) => at.pointer !== failure.at.pointer))
    return (inside.length === 1 ? inside[0] : otherConstant(failure, inside)) ?? [failure]
  }
  if (meant.length > 1) {
    const [nearest = [failure], next] = meant.toSorted((a, b) => a.length - b.length)
    return next?.length === nearest.length ? [failure] : nearest
  }
  return best
}

/** Returns the failure of a property whose constants tell the alternatives apart, if it fits none of them. */
function otherConstant(choice: Failure, explained: readonly (readonly Failure[])[]): readonly Failure[] | null {
  const found = explained.map((leaves) => leaves.find((leaf) => isConstant(leaf) && leaf.at.isChildOf(choice.at)))
  const [first] = found
  const constants = found.flatMap((leaf): readonly unknown[] => {
    if (leaf === undefined) return []
    const { const: constant, enum: values } = leaf.schema
    return leaf.keyword === 'const' ? [constant] : Array.isArray(values) ? values : []
  })
  if (first === undefined || found.some((leaf) => leaf?.at.pointer !== first.at.pointer)) return null
  return [{ keyword: 'enum', schema: { enum: constants }, at: first.at }]
}

function isConstant({ keyword }: Failure): boolean {
  return keyword === 'const' || keyword === 'enum'
}

/**
 * A wrong type at the top, or a different constant directly inside, means that the input is not of this alternative.
 */
function isOtherKind(leaf: Failure, choice: Failure): boolean {
  if (leaf.at.pointer !== choice.at.pointer) return isConstant(leaf) && leaf.at.isChildOf(choice.at)
  return isConstant(leaf) || ['type', 'not', 'false'].includes(leaf.keyword)
}

function problemOf(leaf: Failure, leaves: readonly Failure[], schemas: Schemas): InputProblem[] {
  const { keyword, at } = leaf
  switch (keyword) {
    case 'required':
    case 'dependentRequired':
      return [missingProperty(leaf, schemas)]
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownProperty(leaf, leaves, schemas)
    default:
      return [{ path: at.path, text: `${shownPath(at.path)}: ${misfitOf(leaf, schemas)}` }]
  }
}

function misfitOf(leaf: Failure, schemas: Schemas): string {
  const { keyword, schema, at, branches, positions } = leaf
  const { root } = schemas.document
  const came = `got ${isConstant(leaf) ? shownConstant(at.value) : shownValue(at.value)}`
  switch (keyword) {
    case 'oneOf': {
      if (positions === undefined) break
      const alternatives: readonly unknown[] = Array.isArray(schema['oneOf']) ? schema['oneOf'] : []
      const fitting = oneLine(positions.map((position) => typeText(alternatives[position], root)).join(' | '))
      const numbers = positions.map((position) => position + 1).join(' and ')
      return `fits more than one of ${fitting} (alternatives ${numbers}), expected exactly one, ${came}`
    }
    case 'propertyNames': {
      const [inner] = branches?.[0]?.flatMap(leavesOf) ?? []
      const expected = inner === undefined ? 'another name' : expectationOf(inner, schemas)
      return `not a valid name of a property: expected ${expected}`
    }
    case 'contains':
      return `expected ${containsText(schema, root)}, got ${String(positions?.[0] ?? 0)} of ${lengthOf(at.value)}`
    case 'uniqueItems':
      return `expected no item twice, got the same at ${(positions ?? []).map((position) => `[${position}]`).join(' and ')}`
    case 'items':
    case 'additionalItems':
    case 'unevaluatedItems':
      return `expected no item here, ${came}`
    default:
  }
  return `expected ${expectationOf(leaf, schemas)}, ${came}`
}

function expectationOf({ keyword, schema, at }: Failure, { document }: Schemas): string {
  return describeExpectation(keyword, schema, at.value, document.root)
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0
}

function missingProperty({ missing = '', trigger, schema, at }: Failure, schemas: Schemas): InputProblem {
  const known = propertiesAt(at, schemas, schema)
  const given = isRecord(at.value) ? Object.keys(at.value) : []
  const [misspelled] = nearestNames(missing, given.filter((name) => !known.has(name)).slice(0, maxCompared), 1)
  const expected = typeText(known.get(missing) ?? {}, schemas.document.root)
  const condition = trigger === undefined ? '' : ` when ${quoted(trigger)} is given`
  const hint = misspelled === undefined ? '' : `; ${quoted(misspelled)} was given instead`
  const path = [...at.path, missing]
  const type = expected === anyText ? '' : ` (${expected})`
  return { path, text: `${shownPath(path)}: required${type}${condition}, but missing${hint}` }
}

/** Explains a property that the schema forbids, unless it was named as the misspelling of a missing one. */
function unknownProperty(leaf: Failure, leaves: readonly Failure[], schemas: Schemas): InputProblem[] {
  const { at, schema, keyword } = leaf
  const name = at.key
  const missing = leaves
    .filter((one) => one.missing !== undefined && one.at.pointer === at.parent?.pointer)
    .slice(0, maxExplained)
  const named = missing.map((one) => missingProperty(one, schemas))
  if (named.some(({ text }) => text.endsWith(`; ${quoted(name)} was given instead`))) return []
  const isWhole = keyword === 'unevaluatedProperties' && at.parent !== null
  const known = [...(isWhole ? propertiesAt(at.parent, schemas, schema) : ownProperties(schema)).keys()]
  const near = nearestNames(name, known.slice(0, maxCompared), 2)
  const start = `${shownPath(at.path)}: not a known property`
  if (near.length > 0) return [{ path: at.path, text: `${start}; did you mean ${listed(near)}?` }]
  const all =
    known.length === 0
      ? ''
      : `; must be one of ${oneLine(listed(known.slice(0, maxNames)))}${known.length > maxNames ? ', …' : ''}`
  return [{ path: at.path, text: start + all }]
}

/** Returns the schemas of the properties of an object, by name; those next to the keyword come first. */
function propertiesAt(at: Location, schemas: Schemas, own: Failure['schema']): ReadonlyMap<string, unknown> {
  const properties = new Map(ownProperties(own))
  for (const schema of schemas.schemasAt(at)) {
    for (const [name, property] of ownProperties(schema)) if (!properties.has(name)) properties.set(name, property)
  }
  return properties
}

function ownProperties(schema: Failure['schema']): ReadonlyMap<string, unknown> {
  const { properties } = schema
  return new Map(isRecord(properties) ? Object.entries(properties) : [])
}

function listed(names: readonly string[]): string {
  return names.map(quoted).join(', ')
}

function quoted(name: string): string {
  return oneLine(JSON.stringify(name))
}

/** Formats a path, e.g. `edits[0].oldText`; the whole input has no name. */
function shownPath(path: readonly string[]): string {
  const parts = path.map((part) => {
    if (/^\d+$/.test(part)) return `[${part}]`
    return /^[A-Za-z_$][\w$]*$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`
  })
  return path.length === 0 ? 'the argument' : oneLine(parts.join('').replace(/^\./, ''))
}
