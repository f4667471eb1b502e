/** Returns the CPU time of all threads except this one, which only forwards messages, in milliseconds. */
export function otherThreadsCpuMs(): number {
  const all = process.cpuUsage()
  // Node before 22.19 cannot tell the time of this thread, which is short.
  const own = 'threadCpuUsage' in process ? process.threadCpuUsage() : { user: 0, system: 0 }
  return (all.user + all.system - own.user - own.system) / 1000
}
