import { useEffect, useRef, useState } from 'preact/hooks'
import type { Backend, Run, RunEvent, RunRequest } from './backend/backend.ts'
import { emptyRecord, withEvents, type RunRecord } from './run-record.ts'

export type UsedRun = {
  /** Null before the first run. */
  readonly record: RunRecord | null
  readonly run: Run | null
  readonly start: (request: RunRequest) => void
  /** Forgets a run that ended. */
  readonly clear: () => void
}

/** The time between two updates of the page, in milliseconds. A program can emit thousands of events per second. */
const updateMs = 50

type Current = { readonly run: Run; readonly events: RunEvent[]; timer: ReturnType<typeof setTimeout> | null }

/** Runs one program at a time, and collects its events. */
export function useRun(backend: Backend): UsedRun {
  const [record, setRecord] = useState<RunRecord | null>(null)
  const current = useRef<Current | null>(null)
  useEffect(() => () => current.current?.run.terminate(), [])

  const start = (request: RunRequest): void => {
    const stored = record?.stored ?? emptyRecord.stored
    setRecord({ ...emptyRecord, stored, startedAt: performance.now() })
    const events: RunEvent[] = []
    const apply = (): void => {
      if (started !== null) started.timer = null
      const batch = events.splice(0)
      setRecord((before) => (current.current === started && before !== null ? withEvents(before, batch) : before))
    }
    let started: Current | null = null
    const run = backend.run(request, (event) => {
      events.push(event)
      if (started !== null) started.timer ??= setTimeout(apply, updateMs)
    })
    started = { run, events, timer: null }
    current.current = started
    if (events.length > 0) apply()
  }
  const clear = (): void => {
    current.current = null
    setRecord(null)
  }
  return { record, run: current.current?.run ?? null, start, clear }
}
