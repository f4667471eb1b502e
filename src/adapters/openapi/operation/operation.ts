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
  /** The encodings of the properties of a form in `querystring`. */
  readonly encodings: ReadonlyMap<string, Encoding>
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
