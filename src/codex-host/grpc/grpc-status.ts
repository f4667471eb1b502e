import { CodecellError } from '../../errors.ts'
import { CatalogueRevisionError } from '../session/remembered-catalogue.ts'
import { MalformedMessage } from './protobuf.ts'

/** The gRPC status codes in use. */
export const grpcStatus = {
  ok: 0,
  cancelled: 1,
  invalidArgument: 3,
  notFound: 5,
  alreadyExists: 6,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
} as const

/** Ends a call with a status of its own. */
export class GrpcRefusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Returns the refusal of a request with an invalid argument. */
export function invalidArgument(message: string): GrpcRefusal {
  return new GrpcRefusal(grpcStatus.invalidArgument, message)
}

/** Returns the status of a call that failed. */
export function statusOf(error: unknown): number {
  if (error instanceof GrpcRefusal) return error.status
  if (error instanceof CatalogueRevisionError) return grpcStatus.failedPrecondition
  if (error instanceof MalformedMessage || !(error instanceof CodecellError)) return grpcStatus.internal
  switch (error.code) {
    case 'SESSION_CLOSED':
      return grpcStatus.notFound
    case 'PROTOCOL_VIOLATION':
    case 'INVALID_OPTION':
      return grpcStatus.invalidArgument
    case 'CELL_BUSY':
    case 'CELL_TERMINATING':
    case 'LIMIT_EXCEEDED':
      return grpcStatus.failedPrecondition
    default:
      return grpcStatus.internal
  }
}
