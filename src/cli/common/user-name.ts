import { userInfo } from 'node:os'

/** The name of the user for the record. */
export function userName(): string {
  try {
    return userInfo().username.slice(0, 200)
  } catch {
    // A container can run with a user id that has no name.
    return 'unknown'
  }
}
