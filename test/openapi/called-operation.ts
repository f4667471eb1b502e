import type { Tool } from '../../src/index.ts'
import { openApiTools, type OpenApiOptions } from '../../src/openapi.ts'
import { callContext } from '../fixtures/call-context.ts'
import { startEchoServer, type Answer, type SeenRequest } from '../fixtures/echo-http-server.ts'

export type CalledOperation = {
  readonly tool: Tool | undefined
  /** The request that arrived. */
  readonly request: SeenRequest | undefined
  readonly result: unknown
  /** The text that the call failed with. */
  readonly error: string | undefined
}

export type CallSettings = {
  readonly version?: string
  readonly method?: string
  readonly path?: string
  readonly answer?: Answer
  readonly options?: OpenApiOptions
  readonly signal?: AbortSignal
  /** Other members of the document. */
  readonly document?: object
}

/** Calls an operation of a document that has only this one, through a server on loopback. */
export async function calledOperation(
  operation: object,
  input: object,
  {
    version = '3.1.0',
    method = 'POST',
    path = '/x',
    answer = {},
    options = {},
    document = {},
    signal,
  }: CallSettings = {},
): Promise<CalledOperation> {
  await using server = await startEchoServer(() => answer)
  const paths = { [path]: { [method.toLowerCase()]: operation } }
  const all = openApiTools({ openapi: version, paths, ...document }, { name: 'api', baseUrl: server.url, ...options })
  const [tool] = all
  try {
    const result: unknown = await tool?.call(input, callContext(signal))
    return { tool, request: server.seen[0], result, error: undefined }
  } catch (error) {
    return {
      tool,
      request: server.seen[0],
      result: undefined,
      error: error instanceof Error ? error.message : 'failed',
    }
  }
}
