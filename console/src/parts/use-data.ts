import { useEffect, useRef, useState } from 'preact/hooks'
import { failureOf, type ApiFailure } from '../data/api.ts'
import type { Live, LiveEvent } from '../data/live.ts'

type Use<Data> = {
  /** Identifies the data: another one loads others. */
  readonly query: string
  readonly live: Live
  readonly load: () => Promise<Data>
  /** Whether an event changes the data. */
  readonly isChange: (event: LiveEvent) => boolean
}

type Loaded<Data> = { readonly data: Data | null; readonly failure: ApiFailure | null; readonly reload: () => void }

const reloadMs = 400

/** Loads data, and again after changes. The data of the last time stay until the new ones arrive. */
export function useData<Data>(use: Use<Data>): Loaded<Data> {
  const [data, setData] = useState<Data | null>(null)
  const [failure, setFailure] = useState<ApiFailure | null>(null)
  const latest = useRef(use)
  latest.current = use
  const reload = useRef<() => void>(() => undefined)
  useEffect(() => {
    let isClosed = false
    let timer: ReturnType<typeof setTimeout> | undefined
    let turn = 0
    const load = async (): Promise<void> => {
      const own = ++turn
      try {
        const next = await latest.current.load()
        if (isClosed || own !== turn) return
        setData(next)
        setFailure(null)
      } catch (error) {
        if (!isClosed && own === turn) setFailure(failureOf(error))
      }
    }
    const loadLater = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined
        void load()
      }, reloadMs)
    }
    reload.current = () => void load()
    void load()
    const remove = use.live.on((event) => {
      if (event.type === 'reload' || latest.current.isChange(event)) loadLater()
    })
    return () => {
      isClosed = true
      clearTimeout(timer)
      remove()
    }
  }, [use.query, use.live])
  return { data, failure, reload: () => reload.current() }
}
