import { readdirSync, readFileSync } from 'node:fs'

/** Returns the processes that `pid` has started. Linux only. */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    contentOf(`/proc/${pid}/task/${thread}/children`)
      .split(' ')
      .filter((child) => child !== '')
      .map(Number),
  )
}

/** Returns the content of a file of the kernel, or an empty string when its process or thread has just ended. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

/** Returns the running host processes that this process has started. */
export function hostProcesses(): number[] {
  return childrenOf(process.pid).filter((pid) => contentOf(`/proc/${pid}/cmdline`).includes('host/main'))
}

/** Sends a signal to all hosts of this process and returns their number. */
export function signalHosts(signal: NodeJS.Signals): number {
  const hosts = hostProcesses()
  for (const pid of hosts) process.kill(pid, signal)
  return hosts.length
}

/** The hosts that this process starts after the creation of this object. */
export class LaterHosts {
  readonly #earlier: ReadonlySet<number> = new Set(hostProcesses())

  get pids(): readonly number[] {
    return hostProcesses().filter((pid) => !this.#earlier.has(pid))
  }

  /** Kills all of these hosts and returns their number. */
  kill(): number {
    const { pids } = this
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    return pids.length
  }
}
