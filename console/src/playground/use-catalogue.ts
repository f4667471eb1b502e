import { useEffect, useState } from 'preact/hooks'
import type { Backend, PlaygroundCatalogue } from './backend/backend.ts'

export type UsedCatalogue = {
  /** Null until it is known. */
  readonly catalogue: PlaygroundCatalogue | null
  readonly problem: string | null
  /** Gets the catalogue again. */
  readonly reload: () => void
}

/** Returns the catalogue of the chosen groups. */
export function useCatalogue(backend: Backend, groups: readonly string[]): UsedCatalogue {
  const [catalogue, setCatalogue] = useState<PlaygroundCatalogue | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [loads, setLoads] = useState(0)
  useEffect(() => {
    let isCurrent = true
    const get = async (): Promise<void> => {
      try {
        const next = await backend.catalogue(groups)
        if (!isCurrent) return
        setCatalogue(next)
        setProblem(null)
      } catch (error) {
        if (isCurrent) setProblem(`Cannot get the tools: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    void get()
    return () => {
      isCurrent = false
    }
  }, [backend, groups, loads])
  return { catalogue, problem, reload: () => setLoads((count) => count + 1) }
}
