import { useEffect, useState } from 'preact/hooks'
import type { TypeClient, TypeState } from './types/type-client.ts'

/** Starts the worker of TypeScript after the first paint, so that the editor is there at once. Returns its state. */
export function useTypeState(types: TypeClient): TypeState {
  const [state, setState] = useState<TypeState>(types.state)
  useEffect(() => types.onState(() => setState(types.state)), [types])
  useEffect(() => {
    const timer = setTimeout(() => types.start(), 0)
    return () => clearTimeout(timer)
  }, [types])
  return state
}
