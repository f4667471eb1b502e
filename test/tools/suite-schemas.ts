import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isRecord } from '../../src/protocol/json.ts'

/** The directory of `scripts/json-schema-test-suite.sh`. */
const suite = fileURLToPath(new URL('../../node_modules/.cache/json-schema-test-suite/tests', import.meta.url))

/** Whether the JSON Schema test suite is there; tests work without it, because it takes a network to get it. */
export const hasSuite: boolean = existsSync(suite)

export const drafts = ['draft4', 'draft6', 'draft7', 'draft2019-09', 'draft2020-12'] as const

/** A schema of the suite with an instance that fits it or not. */
export type SuiteCase = {
  readonly name: string
  readonly draft: string
  readonly schema: unknown
  readonly data: unknown
  readonly valid: boolean
}

type Group = {
  readonly description: string
  readonly schema: unknown
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[]
}

/** Returns the cases of a draft, including those about optional behavior. */
export function suiteCases(draft: string): readonly SuiteCase[] {
  const files = readdirSync(`${suite}/${draft}`, { recursive: true, encoding: 'utf8' })
  return (
    files
      // JavaScript does not distinguish 1.0 from 1.
      .filter((file) => file.endsWith('.json') && !file.endsWith('zeroTerminatedFloats.json'))
      .toSorted()
      .flatMap((file) => {
        const groups: readonly Group[] = JSON.parse(readFileSync(`${suite}/${draft}/${file}`, 'utf8'))
        return groups.flatMap(({ description, schema, tests }) =>
          tests.map((test) => {
            const name = `${file}: ${description}: ${test.description}`
            return { name, draft, schema, data: test.data, valid: test.valid }
          }),
        )
      })
  )
}

const maps: ReadonlySet<string> = new Set(['properties', 'patternProperties', 'dependentSchemas', 'dependencies'])
const definitions: ReadonlySet<string> = new Set(['$defs', 'definitions'])
const values: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'examples'])

/** Keywords on which others next to them depend by definition, so that leaving them out changes what those mean. */
const neededByOthers: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'prefixItems',
  'items',
  'then',
  'else',
  'minContains',
  'maxContains',
  '$ref',
  '$id',
  'id',
  '$anchor',
  '$dynamicAnchor',
  '$recursiveAnchor',
  '$schema',
  '$vocabulary',
  'nullable',
])

/** Returns a schema with another name for some of its keywords, at any depth: names that no validator supports. */
export function withoutKeywords(schema: unknown, isLeftOut: (keyword: string) => boolean): unknown {
  const visit = (value: unknown): unknown => withoutKeywords(value, isLeftOut)
  if (Array.isArray(schema)) return schema.map(visit)
  if (!isRecord(schema)) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]): [string, unknown] => {
      const isMap = (maps.has(keyword) || definitions.has(keyword)) && isRecord(value)
      const inner = values.has(keyword)
        ? value
        : isMap
          ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, visit(member)]))
          : visit(value)
      const isKept = neededByOthers.has(keyword) || definitions.has(keyword) || !isLeftOut(keyword)
      return [isKept ? keyword : `unsupported:${keyword}`, inner]
    }),
  )
}
