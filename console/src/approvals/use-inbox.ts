import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Live } from '../data/live.ts'
import { Inbox } from './inbox.ts'

/** Returns the pending calls, which load again when the server reports a change. */
export function useInbox(live: Live): Inbox {
  const [, redraw] = useState(0)
  const inbox = useMemo(() => new Inbox(() => redraw((count) => count + 1)), [])
  useEffect(() => {
    void inbox.refresh()
    let known = live.state.overview?.approvals ?? 0
    return live.on((event) => {
      const isChange = event.type === 'reload' || (event.type === 'changed' && event.approvals)
      const approvals = live.state.overview?.approvals ?? 0
      if (isChange || approvals !== known) void inbox.refresh()
      known = approvals
    })
  }, [live])
  return inbox
}
