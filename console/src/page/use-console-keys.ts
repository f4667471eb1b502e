import { useEffect, useRef } from 'preact/hooks'
import type { KeyTexts } from '../../../viewer/src/page/keys.tsx'

export type ConsoleKeys = {
  readonly move: (by: number) => void
  readonly open: () => void
  readonly back: () => void
  readonly help: () => void
}

/** No key decides: decisions need a button with the focus. */
export const keyTexts: KeyTexts = [
  ['j / ↓', 'next item, or next group of calls'],
  ['k / ↑', 'previous item, or previous group of calls'],
  ['Enter', 'go to the details of the item'],
  ['Esc', 'leave a field; back to the list'],
  ['/', 'search'],
  ['?', 'these keys'],
  ['Tab', 'reach the buttons of a decision; no key decides by itself'],
]

/** Handles the keys of the page, except in fields, dialogs and editors. */
export function useConsoleKeys(keys: ConsoleKeys): void {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      if (actOn(event, latest.current)) event.preventDefault()
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [])
}

function actOn({ key, target }: KeyboardEvent, keys: ConsoleKeys): boolean {
  const element = target instanceof HTMLElement ? target : document.body
  if (element.closest('dialog, .playground') !== null) return false
  if (element.closest('input, textarea, select') !== null) {
    if (key !== 'Escape') return false
    element.blur()
    return true
  }
  const isInList = element.closest('[role="listbox"]') !== null
  const isFree = element === document.body || isInList
  if (key === 'Escape') return did(keys.back)
  if (key === 'ArrowDown' || key === 'ArrowUp') return isFree && did(() => keys.move(key === 'ArrowDown' ? 1 : -1))
  if (key === 'j') return did(() => keys.move(1))
  if (key === 'k') return did(() => keys.move(-1))
  if (key === 'Enter') return isFree && did(keys.open)
  if (key === '?') return did(keys.help)
  return key === '/' && did(() => document.querySelector<HTMLInputElement>('[data-search]')?.focus())
}

function did(act: () => void): true {
  act()
  return true
}
