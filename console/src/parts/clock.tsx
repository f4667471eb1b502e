import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { showTime } from '../../../viewer/src/data/format.ts'

const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

/** Returns the time, and draws the component again each second. */
function useNow(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const tick = (): void => setNow(Date.now())
    listeners.add(tick)
    timer ??= setInterval(() => listeners.forEach((each) => each()), 1000)
    return () => {
      listeners.delete(tick)
      if (listeners.size > 0) return
      clearInterval(timer)
      timer = undefined
    }
  }, [])
  return now
}

/** Formats a duration in whole units: `45 s`, `12 min`, `3 h 5 min`, `2 d`. */
function showAbout(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d`
}

type AtProps = { readonly at: number }

/** The time since a timestamp, which grows. */
export function Ago({ at }: AtProps): JSX.Element {
  return (
    <time class="time" title={showTime(at)}>
      {showAbout(useNow() - at)} ago
    </time>
  )
}

/** The duration since a timestamp, which grows. */
export function Since({ at }: AtProps): JSX.Element {
  return (
    <time class="time" title={showTime(at)}>
      {showAbout(useNow() - at)}
    </time>
  )
}

/** The time until a timestamp, which shrinks. */
export function Left({ at }: AtProps): JSX.Element {
  const left = at - useNow()
  return (
    <time class="time" title={showTime(at)}>
      {left <= 0 ? 'due' : `${showAbout(left)} left`}
    </time>
  )
}
