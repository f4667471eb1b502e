import { plainKey } from '../../support/keys.ts'
import { createSession, type Session, type SessionOptions, type Tool } from '../../../src/index.ts'
import { sharedHosts } from '../../support/hosts.ts'

/** A tool whose calls need an approval. */
export const send: Tool = {
  name: 'send',
  needsApproval: 'ask',
  call: (input) => ({ sent: input }),
}

/** Returns a program that calls `send` for each name in order and prints the results. */
export const sendEach = (names: string): string =>
  `for (const to of ${names}) try { await tools.send({ to }); text(to + ' sent') } catch (error) { text(to + ' ' + error) }`

export type OpenOptions = Pick<SessionOptions, 'approvals' | 'listeners'> & {
  readonly tools?: readonly Tool[]
}

/** Opens a session with the tool `send`, or with the tools of the options. */
export async function open({ tools = [send], ...options }: OpenOptions): Promise<Session> {
  return await createSession({ sessionId: 's', hosts: sharedHosts('in-process'), tools, ...options })
}

/** Returns the keys of the calls that wait for a decision, without the token of a durable session. */
export function pendingKeys(session: Session): readonly string[] {
  return session.pendingApprovals().flatMap(({ requests }) => requests.map(({ key }) => plainKey(key)))
}
