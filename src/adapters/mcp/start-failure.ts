import { remedyIn } from './auth/not-authorized.ts'
import { errorDetails, statusOf } from './call-errors.ts'
import { UnusableValue } from './config/unusable-value.ts'
import { SettingsRefused } from './server-tools.ts'

/** Maximum number of nested causes that are examined. */
const maxDepth = 5

/**
 * Returns whether a server that failed to start fails again until its configuration changes: its URL or a header is invalid, it or its
 * authorization server refuses the credentials, or it does not have a tool that has settings. A missing command is not final, because an
 * installation can still run.
 */
export function isFinal(failure: unknown): boolean {
  if (remedyIn(failure) === 'settings') return true
  return causesOf(failure).some((error) => {
    const status = statusOf(error)
    return (
      error instanceof SettingsRefused ||
      error instanceof UnusableValue ||
      status === 401 ||
      status === 403 ||
      ('code' in error && error.code === 'ERR_INVALID_URL')
    )
  })
}

/** Returns the time after which a server that failed to start accepts connections, in milliseconds; 0 when it has not said so. */
export function retryAfterOf(failure: unknown): number {
  const times = causesOf(failure).flatMap((error) => errorDetails(error)?.retryAfterMs ?? [])
  return times[0] ?? 0
}

function causesOf(failure: unknown): readonly Error[] {
  const causes: Error[] = []
  for (let error = failure; error instanceof Error && causes.length < maxDepth; error = error.cause) causes.push(error)
  return causes
}
