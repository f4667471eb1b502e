import { plainKey } from '../../support/keys.ts'
import { createSession, type Session, type SessionOptions, type Tool } from '../../../src/index.ts'
import { sharedHosts } from '../../support/hosts.ts'

/** A tool whose calls have to be allowed. */
export const send: Tool = {
  name: 'send',
  needsApproval: 'ask',
  call: (input) => ({ sent: input }),
}

/** Calls `send` once for each name, one after the other, and prints the results. */
export const sendEach = (names: string): string =>
  `for (const to of ${names}) try { await tools.send({ to }); text(to + ' sent') } catch (error) { text(to + ' ' + error) }`

export type Opened = Pick<SessionOptions, 'approvals' | 'listeners'> & {
  readonly tools?: readonly Tool[]
}

/** A session with the tool `send`, unless others are given. */
export async function open({ tools = [send], ...options }: Opened): Promise<Session> {
  return await createSession({ sessionId: 's', hosts: sharedHosts('in-process'), tools, ...options })
}

/** The keys of the calls that wait for a decision, without the token of a durable session. */
export function waiting(session: Session): readonly string[] {
  return session.pendingApprovals().flatMap(({ requests }) => requests.map(({ key }) => plainKey(key)))
}
