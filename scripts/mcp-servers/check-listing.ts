import { Validator, type Schema } from '@cfworker/json-schema'
import { declarationFile } from '../../src/declarations/declaration-file.ts'
import type { Catalogue, CatalogueEntry } from '../../src/index.ts'
import { isRecord } from '../../src/protocol/json.ts'
import { apiNames, maxApiName, maxClientName } from '../../src/tools/api-names.ts'
import { createInputCheck } from '../../src/tools/validation/check-input.ts'
import { complaintsOf } from '../../test/declarations/type-checker.ts'
import { incompleteInputs, sampleInputs } from './sample-inputs.ts'

/** A result of a call, for the check of the declared type. */
export type TypedResult = { readonly identifier: string; readonly result: unknown }

/** The first matches of a search that can be the tool that was searched for by its name. */
const searchLimit = 5

/** Returns the faults of names: each tool has one that model APIs and MCP clients accept, and search finds it. */
export function namingFaults(catalogue: Catalogue): readonly string[] {
  const tools = catalogue.entries.map(({ tool }) => tool)
  const lengths = [maxApiName, maxClientName].flatMap((maxLength) => {
    const names = [...apiNames(tools, maxLength).keys()]
    const faulty = names.filter((name) => name.length > maxLength || !/^[\w-]+$/.test(name))
    const missing = names.length === tools.length ? [] : [`${tools.length - names.length} tools have no API name`]
    return [...faulty.map((name) => `the API name ${name} is not usable`), ...missing]
  })
  const unfound = catalogue.entries.flatMap(({ identifier, tool }) => {
    if (tool.server === undefined) return []
    const found = catalogue.search(`${tool.server} ${tool.name}`, searchLimit)
    return found.some((entry) => entry.identifier === identifier)
      ? []
      : [`search does not find ${identifier} by its name`]
  })
  return [...lengths, ...unfound]
}

/** Returns the faults of input checks: codecell and a second validator must agree about each generated input. */
export function inputFaults(entries: readonly CatalogueEntry[]): readonly string[] {
  return entries.flatMap(({ identifier, tool: { inputSchema } }) => {
    if (!isSchema(inputSchema)) return [`${identifier} has no schema`]
    const check = createInputCheck(inputSchema)
    const second = new Validator(inputSchema, draftOf(inputSchema))
    const judge = (input: unknown, isValid: boolean): readonly string[] => {
      const verdict = check(input)
      const ours = verdict.type === 'fits'
      const theirs = second.validate(input).valid
      if (ours === isValid && theirs === isValid) return []
      return [
        `${identifier}: ${JSON.stringify(input)} is ${JSON.stringify(verdict)}, the second validator says ${theirs}`,
      ]
    }
    return [
      ...sampleInputs(inputSchema).flatMap((input) => judge(input, true)),
      ...incompleteInputs(inputSchema).flatMap((input) => judge(input, false)),
    ]
  })
}

/**
 * Returns the errors of TypeScript for a program that calls each tool with each generated input, and gives each received result to
 * a function that accepts the declared one.
 */
export function typeFaults(entries: readonly CatalogueEntry[], results: readonly TypedResult[]): readonly string[] {
  const calls = entries.flatMap(({ identifier, tool }) =>
    sampleInputs(tool.inputSchema).map((input) => `void tools.${identifier}(${JSON.stringify(input)})`),
  )
  const received = results.map(
    ({ identifier, result }) => `accepts<Awaited<ReturnType<typeof tools.${identifier}>>>()(${JSON.stringify(result)})`,
  )
  const head = `${declarationsOf(entries)}\ndeclare function accepts<T>(): <V extends T>(value: V) => void`
  const text = [head, ...calls, ...received].join('\n')
  const lines = text.split('\n')
  return complaintsOf(text).map(({ line, text: reason }) => `${reason}: ${lines[line]?.slice(0, 300)}`)
}

/** Returns the inputs without a required member that TypeScript accepts. */
export function looseTypeFaults(entries: readonly CatalogueEntry[]): readonly string[] {
  const calls = entries.flatMap(({ identifier, tool }) =>
    incompleteInputs(tool.inputSchema).map((input) => `void tools.${identifier}(${JSON.stringify(input)})`),
  )
  const head = declarationsOf(entries)
  const first = head.split('\n').length
  const faulty = new Set(complaintsOf([head, ...calls].join('\n')).map(({ line }) => line - first))
  return calls.filter((_call, index) => !faulty.has(index)).map((call) => `TypeScript accepts the incomplete ${call}`)
}

function declarationsOf(entries: readonly CatalogueEntry[]): string {
  return declarationFile(
    entries.map(({ identifier, tool: { kind = 'function', inputSchema, outputSchema } }) => ({
      identifier,
      kind,
      description: '',
      inputSchema,
      outputSchema,
    })),
  )
}

function isSchema(value: unknown): value is Schema {
  return isRecord(value)
}

function draftOf({ $schema }: Schema): '7' | '2020-12' {
  return typeof $schema === 'string' && $schema.includes('draft-07') ? '7' : '2020-12'
}
