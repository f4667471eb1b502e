/** Returns the CPU time of this thread, in milliseconds. Budgets use it, because the time of the clock depends on other processes. */
export function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
