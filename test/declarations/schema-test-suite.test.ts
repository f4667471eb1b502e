import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { judge } from './assignments.ts'

/** The directory of `scripts/json-schema-test-suite.sh`. */
const suite = fileURLToPath(new URL('../../node_modules/.cache/json-schema-test-suite/tests', import.meta.url))

/** Valid instances that the type excludes, by the reason. */
const reasons: readonly (readonly [reason: string, tests: RegExp])[] = [
  [
    'a schema without a type has the type that its keywords apply to',
    /: ignores |pseudo-array|root pointer|like \$ref: (?:recursive )?match$|via the URN: valid/,
  ],
  [
    'an object that shares no property with its type counts as a mistake',
    /property absent|invalidate other prop|none of the properties mentioned/,
  ],
  ['patterns name all keys there are, unless additional ones are described', /regexes are case sensitive$/],
]

type Group = {
  readonly description: string
  readonly schema: unknown
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[]
}

describe.runIf(existsSync(suite))('the types of schemas of the JSON Schema test suite', () => {
  test.each(['draft4', 'draft6', 'draft7', 'draft2019-09', 'draft2020-12'])(
    'accept the valid instances of %s',
    (draft) => {
      const folder = `${suite}/${draft}`
      const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
      const cases = files.flatMap((name) => {
        const groups: readonly Group[] = JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'))
        return groups.flatMap(({ schema, tests, description: group }) =>
          tests
            .filter(({ valid }) => valid)
            .map(({ data, description }) => ({ schema, value: data, name: `${group}: ${description}` })),
        )
      })
      const verdicts = judge(cases)
      const refused = cases.filter((_, at) => verdicts[at] !== null).map(({ name }) => name)
      expect(cases.length).toBeGreaterThan(150)
      expect(refused.filter((name) => !reasons.some(([, tests]) => tests.test(name)))).toEqual([])
      expect(refused.length).toBeLessThan(cases.length / 7)
    },
  )
})
