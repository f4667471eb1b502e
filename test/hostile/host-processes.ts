import { readdirSync, readFileSync } from 'node:fs'

/** The processes that `pid` has started. Linux only. */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1')
      .split(' ')
      .filter((child) => child !== '')
      .map(Number),
  )
}

/** The host processes that this process has started and that still run. */
export function hostProcesses(): number[] {
  return childrenOf(process.pid).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('host/main'))
}

/** Sends a signal to every host of this process. Returns how many there were. */
export function signalHosts(signal: NodeJS.Signals): number {
  const hosts = hostProcesses()
  for (const pid of hosts) process.kill(pid, signal)
  return hosts.length
}

/** Returns a function that lists the hosts of this process that were started after this call. */
export function hostsFromNow(): () => number[] {
  const earlier = new Set(hostProcesses())
  return () => hostProcesses().filter((pid) => !earlier.has(pid))
}
