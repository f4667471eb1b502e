import type { FollowEvent, FollowOptions, Session } from '../../../src/index.ts'
import { textsOf } from '../../support/texts.ts'

/** An event in short, such as `a,b` for output, `<n>` for a notification, `+tool-1` and `-tool-1` for a call. */
export function shortOf(event: FollowEvent): string {
  switch (event.type) {
    case 'output':
      return textsOf(event).join()
    case 'notification':
      return `<${event.text}>`
    case 'call_started':
      return `+${event.callId}`
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

/** Output that comes in one event or in several is the same. */
function joined(events: readonly string[]): string {
  return events.join(' ').replaceAll(/(?<=(?:^|[ ,])\d)[ ,](?=\d)/g, ',')
}

export async function followed(session: Session, cellId: string, options?: FollowOptions): Promise<string> {
  const events: string[] = []
  for await (const event of session.follow(cellId, options)) events.push(shortOf(event))
  return joined(events)
}

/** Returns the events of a follower from the beginning. */
export async function told(session: Session, source: string, options?: FollowOptions): Promise<readonly FollowEvent[]> {
  const events: FollowEvent[] = []
  const follow = async (cellId: string): Promise<void> => {
    for await (const event of session.follow(cellId, options)) events.push(event)
  }
  let end = Promise.resolve()
  await session.execute(source, { yieldTimeMs: 600_000, onStarted: (cellId) => (end = follow(cellId)) })
  await end
  return events
}

/** Returns a count once it is stable while another cell runs. */
export async function settled(session: Session, count: () => number): Promise<number> {
  const way = 'for (let n = 0; n < 20; n++) await new Promise((resolve) => setTimeout(resolve, 1))'
  for (let before = -1; ;) {
    if (count() === before) return before
    before = count()
    await session.execute(way, { yieldTimeMs: 600_000 })
  }
}

/** The length of all texts. */
export function lengthOf(printed: object): number {
  return 'items' in printed && Array.isArray(printed.items)
    ? printed.items.map(({ text }) => text.length).reduce((a, b) => a + b, 0)
    : 0
}
