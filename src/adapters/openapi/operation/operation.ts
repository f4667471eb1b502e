/** The part of the request that has a parameter. A `querystring` is the whole query (OpenAPI 3.2). */
export type ParameterLocation = 'path' | 'query' | 'header' | 'cookie' | 'querystring'

/** A parameter of an operation, with its key for cells. */
export type Parameter = {
  /** The key in the input. It differs from `name` only when two parameters have the same name. */
  readonly key: string
  readonly name: string
  readonly in: ParameterLocation
  readonly required: boolean
  readonly description: string
  readonly schema: unknown
  readonly style: string
  readonly explode: boolean
  readonly allowReserved: boolean
  readonly allowEmptyValue: boolean
  /** The media type of the value when `content` describes the parameter, or null. */
  readonly mediaType: string | null
}

/** The encoding of a property of a form, or of a part. */
export type Encoding = {
  /** One media type, or several separated by commas. */
  readonly contentType: string | null
  /** Null unless the document states `style`, `explode` or `allowReserved`, which replace the content type. */
  readonly style: { readonly style: string; readonly explode: boolean; readonly allowReserved: boolean } | null
  /** The headers of a part whose value the document states. */
  readonly headers: Readonly<Record<string, string>>
}

/** One of the contents that a request body can have. */
export type BodyContent = {
  /** A media type, or a range of media types. */
  readonly contentType: string
  readonly schema: unknown
  readonly encodings: ReadonlyMap<string, Encoding>
  /** The encodings of the parts of a list (OpenAPI 3.2): those of the first parts, and that of the others. */
  readonly prefixEncodings: readonly Encoding[]
  readonly itemEncoding: Encoding | null
}

export type RequestBody = {
  /** The key in the input. */
  readonly key: string
  /** The key of the media type in the input. */
  readonly contentTypeKey: string
  readonly required: boolean
  readonly description: string
  /** In the order of preference; at least one. */
  readonly contents: readonly [BodyContent, ...BodyContent[]]
}

/** An operation of a document. */
export type Operation = {
  readonly id: string
  /** In upper case, except for methods of `additionalOperations`. */
  readonly method: string
  /** A template such as `/pets/{id}`. */
  readonly path: string
  readonly title: string
  readonly description: string
  readonly tags: readonly string[]
  readonly isDeprecated: boolean
  readonly parameters: readonly Parameter[]
  readonly body: RequestBody | null
  /** The JSON Schema of a successful response, or undefined. */
  readonly result: unknown
  /** The media types of successful responses. */
  readonly resultTypes: readonly string[]
  readonly servers: unknown
  /** The security requirements of the operation or of the document. */
  readonly security: unknown
  readonly responses: unknown
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const

/** Maximum size of a schema in a comparison, in values. */
const maxCompared = 10_000

/** Headers that cannot be parameters (OpenAPI 3, "Parameter Object"). */
const reservedHeaders = new Set(['accept', 'content-type', 'authorization'])

/** Yields every operation of the document in order, with a unique id. */
export function* operationsOf(document: OpenApiDocument): Generator<Operation> {
  const ids = new Set<string>()
  const paths = member(document.root, 'paths') ?? {}
  if (!isRecord(paths)) throw document.invalid('/paths', 'expected an object')
  for (const [path, pathItem] of Object.entries(paths)) {
    const item = document.resolve(pathItem)
    if (!path.startsWith('/') || !isRecord(item)) continue
    for (const method of methods) {
      const operation = document.resolve(member(item, method))
      if (!isRecord(operation)) continue
      const read = readOperation(document, { path, method, item, operation })
      const id = ids.has(read.id) ? `${read.id}_${idFrom(method, path)}` : read.id
      ids.add(id)
      yield { ...read, id }
    }
  }
}

type Found = {
  readonly path: string
  readonly method: string
  readonly item: Readonly<Record<string, unknown>>
  readonly operation: Readonly<Record<string, unknown>>
}

function readOperation(document: OpenApiDocument, { path, method, item, operation }: Found): Operation {
  const parameters = readParameters(document, { path, method, item, operation })
  checkPath(document, { path, method, parameters })
  const tags = member(operation, 'tags')
  return {
    // An empty id counts as missing.
    id: textMember(operation, 'operationId') || idFrom(method, path),
    method: method.toUpperCase(),
    path,
    title: textMember(operation, 'summary') ?? textMember(item, 'summary') ?? '',
    description: textMember(operation, 'description') ?? textMember(item, 'description') ?? '',
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [],
    isDeprecated: member(operation, 'deprecated') === true,
    parameters,
    body: readBody(document, operation, new Set(parameters.map(({ key }) => key))),
    result: readResult(document, operation),
    servers: member(operation, 'servers') ?? member(item, 'servers') ?? member(document.root, 'servers'),
    security: member(operation, 'security') ?? member(document.root, 'security'),
    responses: member(operation, 'responses'),
  }
}

/** Checks that every variable of a path has a parameter: otherwise the braces would be sent. */
function checkPath(
  document: OpenApiDocument,
  { path, method, parameters }: Pick<Operation, 'path' | 'method' | 'parameters'>,
): void {
  const names = new Set(parameters.filter(({ in: location }) => location === 'path').map(({ name }) => name))
  for (const [, name = ''] of path.matchAll(/\{([^}]*)\}/g)) {
    if (names.has(name)) continue
    const pointer = `/paths/${pointerPart(path)}/${method}`
    throw document.invalid(pointer, `the path has no parameter "${name}"`)
  }
}

/** Returns the id of an operation without one: `get_pets_by_id` for `GET /pets/{id}`. */
function idFrom(method: string, path: string): string {
  const words = path.replaceAll(/\{([^}]*)\}/g, 'by_$1').match(/[A-Za-z0-9]+/g) ?? []
  return [method, ...words].join('_')
}

/** Reads the parameters of an operation and of its path. The first of two with the same name and location wins. */
function readParameters(document: OpenApiDocument, { path, method, item, operation }: Found): readonly Parameter[] {
  const own = listOf(member(operation, 'parameters'))
  const all = [...own, ...listOf(member(item, 'parameters'))].map((parameter) => document.resolve(parameter))
  const known = new Set<string>()
  const keys = new Set<string>()
  return all.filter(isRecord).flatMap((parameter) => {
    const name = textMember(parameter, 'name')
    const location = locationOf(member(parameter, 'in'))
    if (name === undefined || name === '' || location === null) {
      const pointer = `/paths/${pointerPart(path)}/${method}/parameters`
      throw document.invalid(pointer, 'each parameter needs a "name", and "in" must be path, query, header or cookie')
    }
    if (known.has(`${location} ${name}`)) return []
    if (location === 'header' && reservedHeaders.has(name.toLowerCase())) return []
    known.add(`${location} ${name}`)
    const key = keys.has(name) ? `${name}_${location}` : name
    keys.add(key)
    return [readParameter(document, parameter, { key, name, location })]
  })
}

function locationOf(value: unknown): ParameterLocation | null {
  switch (value) {
    case 'path':
    case 'query':
    case 'header':
    case 'cookie':
      return value
    default:
      return null
  }
}

function readParameter(
  document: OpenApiDocument,
  parameter: Readonly<Record<string, unknown>>,
  { key, name, location }: { key: string; name: string; location: ParameterLocation },
): Parameter {
  const [media] = Object.values(recordOf(member(parameter, 'content')))
  const style = textMember(parameter, 'style') ?? (location === 'query' || location === 'cookie' ? 'form' : 'simple')
  const explode = member(parameter, 'explode')
  return {
    key,
    name,
    in: location,
    required: location === 'path' || member(parameter, 'required') === true,
    description: textMember(parameter, 'description') ?? '',
    schema: member(parameter, 'schema') ?? member(recordOf(document.resolve(media)), 'schema'),
    style,
    explode: typeof explode === 'boolean' ? explode : style === 'form' || style === 'deepObject',
    allowReserved: member(parameter, 'allowReserved') === true,
    isJson: member(parameter, 'schema') === undefined && media !== undefined,
  }
}

function readBody(
  document: OpenApiDocument,
  operation: Readonly<Record<string, unknown>>,
  keys: ReadonlySet<string>,
): RequestBody | null {
  const body = document.resolve(member(operation, 'requestBody'))
  if (!isRecord(body)) return null
  const content = recordOf(member(body, 'content'))
  const contentType = preferred(Object.keys(content))
  if (contentType === undefined) return null
  return {
    key: keys.has('body') ? 'request_body' : 'body',
    contentType,
    required: member(body, 'required') === true,
    description: textMember(body, 'description') ?? '',
    schema: member(recordOf(document.resolve(content[contentType])), 'schema'),
  }
}

/** Selects the media type that is easiest to write: JSON, then forms, then text, then the first one. */
function preferred(contentTypes: readonly string[]): string | undefined {
  const wanted = [
    isJsonType,
    isType('application/x-www-form-urlencoded'),
    isType('multipart/form-data'),
    isType('text/'),
  ]
  for (const fits of wanted) {
    const found = contentTypes.find((type) => fits(type))
    if (found !== undefined) return found
  }
  return contentTypes[0]
}

/** Returns whether a media type is JSON. */
export function isJsonType(contentType: string): boolean {
  return /^(?:application\/json|[^;]*\+json)\s*(?:;|$)/i.test(contentType)
}

function isType(prefix: string): (contentType: string) => boolean {
  return (contentType) => contentType.toLowerCase().startsWith(prefix)
}

/** Returns the schema of successful responses: one, or any of several. */
function readResult(document: OpenApiDocument, operation: Readonly<Record<string, unknown>>): unknown {
  const responses = Object.entries(recordOf(member(operation, 'responses')))
  const good = responses.filter(([status]) => status.startsWith('2'))
  const chosen = good.length > 0 ? good : responses.filter(([status]) => status === 'default')
  const schemas = chosen.map(([, response]) => resultSchema(document, recordOf(document.resolve(response))))
  const unique = [...new Map(schemas.map((schema) => [identityOf(schema), schema])).values()]
  if (unique.length === 0 || unique.includes(undefined)) return undefined
  return unique.length === 1 ? unique[0] : { anyOf: unique }
}

/** Returns a key that is equal for equal schemas. Large and circular schemas equal only themselves. */
function identityOf(schema: unknown): unknown {
  let values = 0
  try {
    return JSON.stringify(schema, (_name, value: unknown) => {
      if (++values > maxCompared) throw new RangeError('too large')
      return value
    })
  } catch {
    return schema
  }
}

function resultSchema(document: OpenApiDocument, response: Readonly<Record<string, unknown>>): unknown {
  const content = Object.entries(recordOf(member(response, 'content')))
  if (content.length === 0) return { type: 'null' }
  const json = content.find(([contentType]) => isJsonType(contentType))
  if (json !== undefined) return member(recordOf(document.resolve(json[1])), 'schema')
  return content.every(([contentType]) => contentType.startsWith('text/')) ? { type: 'string' } : undefined
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
