import { readdirSync, readFileSync } from 'node:fs'

/** Memory of the processes that this one has started with a command line that has `mark` in it, in MiB (Linux). */
export function childrenMb(mark: string): number {
  const marked = descendants(process.pid).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(mark))
  return marked.reduce((sum, pid) => sum + residentMb(pid), 0)
}

function residentMb(pid: number): number {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4096) / 1024 / 1024
  } catch {
    return 0
  }
}

function descendants(pid: number): number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1')
        .split(' ')
        .filter((child) => child !== '')
        .map(Number),
    )
    return children.flatMap((child) => [child, ...descendants(child)])
  } catch {
    return []
  }
}
