import type { ToolCallContext } from '../../../tools/tool.ts'
import type { OpenApiDocument } from '../document/document.ts'
import { idempotencyParameter, idempotencyValue } from '../effects/idempotency-key.ts'
import type { Operation } from '../operation/operation.ts'
import { buildRequest, type Credentials, type HttpRequest } from '../request/build-request.ts'
import type { Received } from '../response/send-request.ts'
import type { OperationSecurity } from '../security/operation-security.ts'

/** An operation with everything that its requests need. */
export type CallableOperation = {
  readonly document: OpenApiDocument
  readonly operation: Operation
  readonly server: URL
  readonly credentials: Credentials
  readonly security: OperationSecurity
  readonly maxResponseBytes: number
  readonly withHead: boolean
}

/** Calls an operation with the input of a cell. */
export async function callOperation(
  { document, operation, server, credentials, security, maxResponseBytes, withHead }: CallableOperation,
  input: unknown,
  { signal, key }: Pick<ToolCallContext, 'signal' | 'key'>,
): Promise<Received> {
  const build = (): HttpRequest => {
    const request = buildRequest(document, operation, { server, input, credentials })
    addKey(request, { document, operation, key })
    return request
  }
  return await security.send(build, { signal, maxResponseBytes, withHead })
}

/** A server that supports the header can detect a request that is repeated after a crash. */
function addKey(
  { headers }: HttpRequest,
  { document, operation, key }: { document: OpenApiDocument; operation: Operation; key: string },
): void {
  const declared = idempotencyParameter(operation)
  if (declared !== undefined) {
    if (!headers.has(declared.name)) headers.set(declared.name, idempotencyValue(document, declared, key))
  } else if (operation.method === 'POST' && !headers.has('idempotency-key')) headers.set('idempotency-key', key)
}
