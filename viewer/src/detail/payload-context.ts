import { createContext } from 'preact'

type PayloadAccess = {
  readonly load: (id: string) => Promise<string>
  readonly kindOf: (id: string) => string
}

/** How parts deep in the page get at payloads. */
export const PayloadContext = createContext<PayloadAccess>({
  load: async () => {
    throw new Error('There are no payloads')
  },
  kindOf: () => '',
})
