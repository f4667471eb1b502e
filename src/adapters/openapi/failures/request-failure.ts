import { CodecellError, messageOf, type ToolErrorDetails } from '../../../errors.ts'
import { isGatewayStatus, isUnreached, leavesOutcomeUnknown } from '../../../tools/unknown-outcome.ts'
import { describeResponse } from './response-failure.ts'

/** The effect of a request that failed: none, possible, or certain. */
type Effect = 'none' | 'possible' | 'certain'

/** A failed request, with its effect. */
export class RequestFailure extends TypeError {
  readonly effect: Effect
  readonly details: ToolErrorDetails | undefined

  constructor(effect: Effect, message: string, options: ErrorOptions & { readonly details?: ToolErrorDetails } = {}) {
    super(message, options)
    this.effect = effect
    this.details = options.details
  }
}

/** The history of a request, for its failure. */
export type RequestHistory = {
  /** Method and path, for messages. */
  readonly label: string
  /** Whether a redirect can mean that the server has processed a write: the next request is a `GET`. */
  readonly mayBeApplied: boolean
  /** Removes credentials from a text. */
  readonly withoutSecrets: (text: string) => string
}

/** Returns the failure for a response with the status of an error. */
export function statusFailure(response: Response, body: string): RequestFailure {
  const { text, details } = describeResponse(response, body)
  return new RequestFailure(isGatewayStatus(response.status) ? 'possible' : 'none', text, { details })
}

/**
 * Returns the error of a request. Its code states the effect: TOOL_FAILED for none, TOOL_OUTCOME_UNKNOWN, or TOOL_RESULT_UNREADABLE for
 * a request that the server has processed.
 */
export function requestError(cause: unknown, { label, mayBeApplied, withoutSecrets }: RequestHistory): CodecellError {
  const effect = effectOf(cause)
  const message = withoutSecrets(`${label} ${textOf(cause)}`)
  const details = cause instanceof RequestFailure ? cause.details : undefined
  // The cause has the text of the response.
  const own = withoutSecrets(messageOf(cause)) === messageOf(cause) ? { cause } : {}
  const options = { ...own, ...(details === undefined ? {} : { details: cleanDetails(details, withoutSecrets) }) }
  if (effect === 'certain') return new CodecellError('TOOL_RESULT_UNREADABLE', message, options)
  const isUnknown = effect === 'possible' || mayBeApplied
  return new CodecellError(isUnknown ? 'TOOL_OUTCOME_UNKNOWN' : 'TOOL_FAILED', message, options)
}

function effectOf(cause: unknown): Effect {
  if (cause instanceof RequestFailure) return cause.effect
  if (isUnreached(cause)) return 'none'
  if (leavesOutcomeUnknown(cause)) return 'possible'
  // `fetch` failed after the connection.
  return cause instanceof TypeError && cause.cause instanceof Error ? 'possible' : 'none'
}

/** The errors of `fetch` have the reason only in their cause. */
function textOf(cause: unknown): string {
  if (cause instanceof RequestFailure)
    return cause.message.startsWith('returned ') ? cause.message : `failed: ${cause.message}`
  const reason = cause instanceof Error && cause.cause instanceof Error ? `: ${reasonOf(cause.cause)}` : ''
  return `failed: ${messageOf(cause)}${reason}`
}

/** A failed connection to several addresses has the messages only in its errors. */
function reasonOf(cause: Error): string {
  if (cause instanceof AggregateError && cause.message === '') {
    return cause.errors.map((error: unknown) => messageOf(error)).join(', ')
  }
  return messageOf(cause)
}

function cleanDetails(details: ToolErrorDetails, withoutSecrets: (text: string) => string): ToolErrorDetails {
  const text = JSON.stringify(details)
  if (withoutSecrets(text) === text) return details
  const { body: _body, problem: _problem, ...others } = details
  return others
}
