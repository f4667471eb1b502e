import { readdirSync, readFileSync } from 'node:fs'

const pageBytes = 4096

/**
 * Returns the memory of the hosts of a measuring process in MB: of the process itself when programs run in it, else of
 * all its descendants. Linux only; elsewhere 0.
 */
export function hostMegabytes(pid: number, { isInProcess }: { readonly isInProcess: boolean }): number {
  const pids = isInProcess ? [pid] : descendants(pid)
  return pids.reduce((sum, each) => sum + residentBytes(each), 0) / 1e6
}

/** Returns the peak memory of a process, in MB. Linux only; elsewhere, and for a process that is gone, 0. */
export function peakMegabytes(pid: number): number {
  return (Number(/^VmHWM:\s*(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024) / 1e6
}

/** The duration of a tick in `/proc`, in milliseconds. */
const tickMs = 10

/** Returns the CPU time of a process with its threads, in ms. Linux only; elsewhere, and for a process that is gone, 0. */
export function cpuMilliseconds(pid: number): number {
  const status = read(`/proc/${pid}/stat`)
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * tickMs
}

/** Returns all descendants of a process. */
export function descendants(pid: number): readonly number[] {
  const parents = parentOfEveryProcess()
  return [...parents.keys()].filter((each) => isBelow(each, pid, parents))
}

function isBelow(pid: number, ancestor: number, parents: ReadonlyMap<number, number>): boolean {
  for (let above = parents.get(pid); above !== undefined; above = parents.get(above)) {
    if (above === ancestor) return true
  }
  return false
}

function parentOfEveryProcess(): ReadonlyMap<number, number> {
  const pids = process.platform === 'linux' ? readdirSync('/proc').map(Number).filter(Number.isInteger) : []
  return new Map(pids.map((pid) => [pid, parentOf(pid)]))
}

/** `pid (command) state parent …`, where the command may contain anything. */
function parentOf(pid: number): number {
  const status = read(`/proc/${pid}/stat`)
  return Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1] ?? 0)
}

function residentBytes(pid: number): number {
  return Number(read(`/proc/${pid}/statm`).split(' ')[1] ?? 0) * pageBytes
}

/** Returns the file of a process, or an empty string if the process has exited. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim()
  } catch {
    return ''
  }
}
