import { readdirSync, readFileSync } from 'node:fs'

/** The processes that `pid` has started. Linux only. */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    contentOf(`/proc/${pid}/task/${thread}/children`)
      .split(' ')
      .filter((child) => child !== '')
      .map(Number),
  )
}

/** The content of a file of the kernel. It is empty when its process, or its thread, has just ended. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

/** The host processes that this process has started and that still run. */
export function hostProcesses(): number[] {
  return childrenOf(process.pid).filter((pid) => contentOf(`/proc/${pid}/cmdline`).includes('host/main'))
}

/** Sends a signal to every host of this process. Returns how many there were. */
export function signalHosts(signal: NodeJS.Signals): number {
  const hosts = hostProcesses()
  for (const pid of hosts) process.kill(pid, signal)
  return hosts.length
}

/** The hosts of this process that are started from its creation on. */
export class LaterHosts {
  readonly #earlier: ReadonlySet<number> = new Set(hostProcesses())

  get pids(): readonly number[] {
    return hostProcesses().filter((pid) => !this.#earlier.has(pid))
  }

  /** Kills all of them. Returns how many there were. */
  kill(): number {
    const { pids } = this
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    return pids.length
  }
}
