/** A request in the form of any API, after its checks. */
export type ScriptedRequest = {
  readonly api: 'chat' | 'responses' | 'messages'
  readonly model: string
  readonly system: string
  readonly prompt: string
  readonly tools: readonly { readonly name: string; readonly form: 'function' | 'custom' }[]
  /** The results of the calls of the last response, by the ids of the calls, in order. Empty in the first request. */
  readonly results: readonly { readonly id: string; readonly text: string }[]
  /** The complete body. */
  readonly body: Readonly<Record<string, unknown>>
  /** The number of characters of the body. */
  readonly size: number
}

/** A call of a reply. `input` is an object, or raw text: the source of a custom tool, or malformed arguments. */
export type ScriptedCall = { readonly id: string; readonly name: string; readonly input: object | string }

/** A response of the model. */
export type ScriptedReply = {
  readonly text?: string
  readonly calls?: readonly ScriptedCall[]
  readonly stop?: 'length' | 'refusal'
  /** False for an endpoint that reports no tokens. */
  readonly hasUsage?: boolean
  /** False for an endpoint that returns reasoning without its content. */
  readonly sealsReasoning?: boolean
  /** Members that replace those of the response. */
  readonly members?: object
}

/** The tokens of a response. */
export type ScriptedUsage = { readonly input: number; readonly cached: number; readonly output: number }

/** A request that the API would refuse. */
export class Refused extends Error {}

export function demand(condition: boolean, text: string): asserts condition {
  if (!condition) throw new Refused(text)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function objectOf(value: unknown, what: string): Record<string, unknown> {
  demand(isObject(value), `${what} must be an object`)
  return value
}

export function listOf(value: unknown, what: string): readonly unknown[] {
  demand(Array.isArray(value), `${what} must be a list`)
  return value
}

export function textOf(value: unknown, what: string): string {
  demand(typeof value === 'string', `${what} must be a string`)
  return value
}

/** Checks that an object has only known members. */
export function onlyMembers(value: Record<string, unknown>, known: readonly string[], what: string): void {
  const other = Object.keys(value).find((name) => !known.includes(name))
  demand(other === undefined, `${what} has the unknown member ${other}`)
}

/** Checks the declaration of a function for a model. */
export function checkFunction(name: unknown, description: unknown, schema: unknown): string {
  const plain = textOf(name, 'the name of a tool')
  demand(/^[\w-]{1,64}$/.test(plain), `the name ${plain} is not allowed`)
  textOf(description, 'the description of a tool')
  demand(
    objectOf(schema, 'the schema of a tool')['type'] === 'object',
    'the schema of a tool must have the type object',
  )
  return plain
}
