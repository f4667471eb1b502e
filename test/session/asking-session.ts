import {
  createSession,
  type ContentItem,
  type Outcome,
  type Session,
  type SessionOptions,
  type Tool,
} from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'

/** A tool whose calls somebody has to allow. */
export const send: Tool = {
  name: 'send',
  needsApproval: true,
  call: (input) => ({ sent: input }),
}

/** Calls `send` once for each name, one after the other, and prints what came of it. */
export const sendEach = (names: string): string =>
  `for (const to of ${names}) try { await tools.send({ to }); text(to + ' sent') } catch (error) { text(to + ' ' + error) }`

export function textsOf(outcome: Outcome): readonly string[] {
  return ('items' in outcome ? outcome.items : []).map((item: ContentItem) =>
    item.type === 'input_text' ? item.text : item.type,
  )
}

export type Opened = Pick<
  SessionOptions,
  'approvals' | 'onApproval' | 'onApprovals' | 'holdApprovals' | 'listeners'
> & {
  readonly tools?: readonly Tool[]
}

/** A session with the tool `send`, unless others are given. */
export async function open({ tools = [send], ...options }: Opened): Promise<Session> {
  return await createSession({ id: 's', hosts: inProcessHostPool(), tools, ...options })
}

/** The keys of what waits. */
export function waiting(session: Session): readonly string[] {
  return session.pendingApprovals().flatMap(({ requests }) => requests.map(({ key }) => key))
}
