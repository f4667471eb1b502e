import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ServerBackend } from './backend/server-backend.ts'
import { serverRequests } from './backend/server-requests.ts'
import { Playground } from './playground.tsx'
import { TypeClient } from './types/type-client.ts'
import './playground.css'

/** The address of the worker of TypeScript on the server of the console. */
const workerPath = '/types-worker.js'

/** One worker for all visits of the tab. */
const types = new TypeClient(() => new Worker(workerPath, { type: 'module' }))

export type ConsolePlaygroundProps = {
  /** Whether the cells of the server have `Intl`. */
  readonly hasIntl: boolean
}

/** The playground as a part of the console: programs run on its server. */
export function ConsolePlayground({ hasIntl }: ConsolePlaygroundProps): JSX.Element {
  const [backend, setBackend] = useState<ServerBackend | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  useEffect(() => {
    const requests = serverRequests()
    const load = async (): Promise<void> => {
      try {
        setBackend(new ServerBackend(await requests.catalogue(), requests, hasIntl))
      } catch (error) {
        setProblem(error instanceof Error ? error.message : String(error))
      }
    }
    void load()
  }, [hasIntl])
  if (problem !== null) {
    return (
      <p class="empty" role="alert">
        Cannot show the playground: {problem}
      </p>
    )
  }
  if (backend === null) {
    return (
      <p class="empty" role="status">
        Loading the tools…
      </p>
    )
  }
  return <Playground backend={backend} types={types} link={null} addressOf={null} />
}
