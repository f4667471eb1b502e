import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

export type KeyActs = {
  readonly move: (by: number) => void
  readonly open: () => void
  readonly back: () => void
  readonly search: () => void
  readonly help: () => void
}

export type KeyTexts = readonly (readonly [string, string])[]

const keys: KeyTexts = [
  ['j / ↓', 'next'],
  ['k / ↑', 'previous'],
  ['Enter', 'open a cell’s calls, or go to the details'],
  ['Esc', 'back: close, clear the search, go from a call to its cell, or to the overview'],
  ['/', 'search names, inputs, outputs, sources and messages'],
  ['?', 'these keys'],
  ['Wheel', 'zoom the timeline; with Shift, scroll its lanes'],
  ['Drag', 'move the timeline'],
]

/** Handles the keys of the page, except in text fields and on buttons. */
export function useKeys(acts: KeyActs): void {
  // Keys can come faster than effects run: each key must see the result of the previous one.
  const latest = useRef(acts)
  latest.current = acts
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (actOn(event.key, focusOf(event.target), latest.current)) event.preventDefault()
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [])
}

type Focus = 'text' | 'control' | 'scroller' | 'page'

function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof Element)) return 'page'
  if (target.closest('input, textarea, select') !== null) return 'text'
  if (target.closest('button, a, summary') !== null) return 'control'
  return target.closest('pre, .source, .detail, .feed') === null ? 'page' : 'scroller'
}

function actOn(key: string, focus: Focus, acts: KeyActs): boolean {
  if (key === 'Escape') return did(acts.back)
  const isArrow = key === 'ArrowDown' || key === 'ArrowUp'
  if (focus === 'text' && !isArrow) return key === 'Enter' && did(acts.open)
  if (isArrow) return focus !== 'scroller' && did(() => acts.move(key === 'ArrowDown' ? 1 : -1))
  if (key === 'j') return did(() => acts.move(1))
  if (key === 'k') return did(() => acts.move(-1))
  if (key === 'Enter') return focus === 'page' && did(acts.open)
  if (key === '/') return did(acts.search)
  return key === '?' && did(acts.help)
}

function did(act: () => void): true {
  act()
  return true
}

type KeyHelpProps = {
  readonly close: () => void
  /** The keys and their effects; those of the viewer by default. */
  readonly list?: KeyTexts
}

export function KeyHelp({ close, list = keys }: KeyHelpProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} aria-label="Keys" onClose={close}>
      <h2>Keys</h2>
      <dl>
        {list.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={close}>
        Close
      </button>
    </dialog>
  )
}
