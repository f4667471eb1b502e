/** A draft of JSON Schema, as the order in which the drafts appeared; `any` for a schema that does not state one. */
export type Dialect = 4 | 6 | 7 | 2019 | 2020 | 'any'

const dialects: readonly (readonly [name: RegExp, dialect: Dialect])[] = [
  [/^https?:\/\/json-schema\.org\/draft-0[34]\/schema#?$/, 4],
  [/^https?:\/\/json-schema\.org\/draft-06\/schema#?$/, 6],
  [/^https?:\/\/json-schema\.org\/draft-07\/schema#?$/, 7],
  [/^https?:\/\/json-schema\.org\/draft\/2019-09\/schema#?$/, 2019],
  [/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/, 2020],
  [/^https?:\/\/json-schema\.org\/schema#?$/, 2020],
  [/^https?:\/\/spec\.openapis\.org\/oas\/3\.\d+\/dialect\/[\w-]+#?$/, 2020],
]

/** Returns the dialect that `$schema` names, or null for one that codecell does not know. */
export function dialectNamed(name: unknown): Dialect | null {
  if (typeof name !== 'string') return 'any'
  return dialects.find(([pattern]) => pattern.test(name.trim()))?.[1] ?? null
}

/** The drafts that define a keyword, where not all of them do. */
const definedIn: ReadonlyMap<string, readonly [first: number, last: number]> = new Map([
  ['const', [6, Infinity]],
  ['contains', [6, Infinity]],
  ['propertyNames', [6, Infinity]],
  ['if', [7, Infinity]],
  ['dependencies', [4, 7]],
  ['dependentRequired', [2019, Infinity]],
  ['dependentSchemas', [2019, Infinity]],
  ['minContains', [2019, Infinity]],
  ['maxContains', [2019, Infinity]],
  ['unevaluatedItems', [2019, Infinity]],
  ['unevaluatedProperties', [2019, Infinity]],
  ['$recursiveRef', [2019, 2019]],
  ['$dynamicRef', [2020, Infinity]],
  ['prefixItems', [2020, Infinity]],
  ['additionalItems', [4, 2019]],
])

/** Returns whether a draft defines a keyword that codecell knows. */
export function isDefined(keyword: string, dialect: Dialect): boolean {
  const range = definedIn.get(keyword)
  return range === undefined || dialect === 'any' || (dialect >= range[0] && dialect <= range[1])
}

/** Returns whether `$ref` makes all keywords next to it ineffective. */
export function isReferenceAlone(dialect: Dialect): boolean {
  return dialect === 4 || dialect === 6 || dialect === 7
}

/** Keywords that no validation depends on, or that other keywords read. */
const annotations: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  'id',
  '$anchor',
  '$dynamicAnchor',
  '$recursiveAnchor',
  '$vocabulary',
  '$comment',
  '$defs',
  'definitions',
  'components',
  'title',
  'description',
  'default',
  'example',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'nullable',
  'discriminator',
  'xml',
  'externalDocs',
  'propertyOrdering',
  'then',
  'else',
  'minContains',
  'maxContains',
])

export function isAnnotation(keyword: string): boolean {
  return annotations.has(keyword)
}
