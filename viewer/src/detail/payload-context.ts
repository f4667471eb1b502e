import { createContext } from 'preact'

type PayloadAccess = {
  readonly load: (id: string) => Promise<string>
  readonly kindOf: (id: string) => string
}

/** Gives nested components access to payloads. */
export const PayloadContext = createContext<PayloadAccess>({
  load: async () => {
    throw new Error('Payloads are not available')
  },
  kindOf: () => '',
})
