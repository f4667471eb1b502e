import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { oneLine } from '../../../viewer/src/data/format.ts'

const listeners = new Set<(text: string) => void>()

/** Announces a text to screen readers. Several texts at once are one announcement. */
export function announce(text: string): void {
  for (const listener of listeners) listener(text)
}

const gatherMs = 200
const shownMs = 8000
const maxTexts = 5
const maxCharacters = 300

/** The live region of the page. */
export function Announcer(): JSX.Element {
  const [text, setText] = useState('')
  useEffect(() => {
    let waiting: string[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    let clearing: ReturnType<typeof setTimeout> | undefined
    const show = (): void => {
      timer = undefined
      const more = waiting.length - maxTexts
      setText(waiting.slice(0, maxTexts).join('. ') + (more > 0 ? `. And ${more} more` : ''))
      waiting = []
      clearTimeout(clearing)
      clearing = setTimeout(() => setText(''), shownMs)
    }
    const listener = (next: string): void => {
      waiting.push(oneLine(next, maxCharacters))
      timer ??= setTimeout(show, gatherMs)
    }
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      clearTimeout(timer)
      clearTimeout(clearing)
    }
  }, [])
  return (
    <p class="unseen" role="status" aria-live="polite" data-announcer>
      {text}
    </p>
  )
}
