import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Me } from '../../../src/console/api.ts'
import type { Live } from '../data/live.ts'
import { firstAddress, type Address } from '../page/address.ts'
import type { Go } from '../page/use-address.ts'

/** Things that all views use. */
export type Console = {
  readonly me: Me
  readonly live: Live
  readonly address: Address
  readonly go: Go
}

export const ConsoleContext = createContext<Console | null>(null)

export function useConsole(): Console {
  const value = useContext(ConsoleContext)
  if (value === null) throw new Error(`Cannot show ${firstAddress.view}: no console`)
  return value
}

/** Returns why the user cannot act, or null. */
export function whyReadOnly({ scopes, unavailable }: Me): string | null {
  if (!scopes.includes('approve')) return 'You can read only: your login has no scope "approve".'
  return unavailable.act
}
