import { useEffect, useRef, useState } from 'preact/hooks'
import { fragmentOf, parseFragment, type Address } from './address.ts'

export type Go = (change: Partial<Address>, options?: { readonly isNewEntry?: boolean }) => void

/** Holds the address of the page. "Back" returns to the address before. */
export function useAddress(): readonly [Address, Go] {
  const [address, setAddress] = useState(() => parseFragment(location.hash))
  const latest = useRef(address)
  latest.current = address
  useEffect(() => {
    const change = (): void => setAddress(parseFragment(location.hash))
    addEventListener('popstate', change)
    addEventListener('hashchange', change)
    return () => {
      removeEventListener('popstate', change)
      removeEventListener('hashchange', change)
    }
  }, [])
  const go: Go = (change, { isNewEntry = true } = {}) => {
    const next = { ...latest.current, ...change }
    latest.current = next
    setAddress(next)
    show(fragmentOf(next), isNewEntry)
  }
  return [address, go]
}

function show(fragment: string, isNewEntry: boolean): void {
  if (location.hash === fragment) return
  try {
    if (isNewEntry) history.pushState(null, '', fragment)
    else history.replaceState(null, '', fragment)
  } catch {
    // Browsers limit how often a page can do this; the next change shows the address.
  }
}
