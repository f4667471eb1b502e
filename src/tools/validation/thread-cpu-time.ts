/** Returns the CPU time of this thread, in milliseconds. Budgets use it, because the time of the clock depends on other processes. */
export function threadCpuMs(): number {
  // Node before 22.19
  if (!('threadCpuUsage' in process)) return performance.now()
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
