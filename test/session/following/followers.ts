import type { FollowEvent, FollowOptions, Session } from '../../../src/index.ts'
import { textsOf } from '../../support/texts.ts'

/** Returns a short form of an event, such as `a,b` for output, `<n>` for a notification, `+tool-1` and `-tool-1` for a call. */
export function shortOf(event: FollowEvent): string {
  switch (event.type) {
    case 'output':
      return textsOf(event).join()
    case 'notification':
      return `<${event.text}>`
    case 'call_started':
      return `+${event.callId}`
    case 'call_deferred':
      return `~${event.callId}`
    case 'call_ended':
      return `-${event.callId} ${event.result}`
    case 'yielded':
      return event.stalled ? 'stalled' : 'yielded'
    case 'ended':
      return event.outcome.type
    default:
      return event satisfies never
  }
}

/** Joins events so that output in one event equals the same output in several events. */
function joinEvents(events: readonly string[]): string {
  return events.join(' ').replaceAll(/(?<=(?:^|[ ,])\d)[ ,](?=\d)/g, ',')
}

export async function followCell(session: Session, cellId: string, options?: FollowOptions): Promise<string> {
  const events: string[] = []
  for await (const event of session.follow(cellId, options)) events.push(shortOf(event))
  return joinEvents(events)
}

/** Returns all events of a program that is followed from its start. */
export async function followFromStart(
  session: Session,
  source: string,
  options?: FollowOptions,
): Promise<readonly FollowEvent[]> {
  const events: FollowEvent[] = []
  const follow = async (cellId: string): Promise<void> => {
    for await (const event of session.follow(cellId, options)) events.push(event)
  }
  let end = Promise.resolve()
  await session.execute(source, { yieldTimeMs: 600_000, onStarted: (cellId) => (end = follow(cellId)) })
  await end
  return events
}

/** Returns the count once it stays the same while another cell runs. */
export async function settledCount(session: Session, count: () => number): Promise<number> {
  const otherCell = 'for (let n = 0; n < 20; n++) await new Promise((resolve) => setTimeout(resolve, 1))'
  for (let before = -1; ;) {
    if (count() === before) return before
    before = count()
    await session.execute(otherCell, { yieldTimeMs: 600_000 })
  }
}

/** Returns the total length of all texts. */
export function lengthOf(response: object): number {
  return 'items' in response && Array.isArray(response.items)
    ? response.items.map(({ text }) => text.length).reduce((a, b) => a + b, 0)
    : 0
}
