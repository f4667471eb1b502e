import { relative } from 'node:path'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

const maxListed = 10

/** The maximum time of a file of unit tests with its imports, in milliseconds, on an idle machine of usual speed. */
const maxUnitFileMs = 5000

/** The CPU time of `fixedWork` on such a machine, in milliseconds. */
const usualWorkMs = 36

/** Prints the slowest tests of a run. A file of unit tests that exceeds its time fails the run. */
export class SlowestTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => ({ module, test })))
    const slowest = tests.toSorted((left, right) => msOf(right.test) - msOf(left.test)).slice(0, maxListed)
    console.log(`\nThe ${slowest.length} slowest of ${tests.length} tests`)
    for (const { module, test } of slowest) {
      console.log(`${seconds(msOf(test))}  ${nameOf(module)} › ${test.fullName}`)
    }
    const limitMs = maxUnitFileMs * slowness()
    for (const module of modules) {
      const { ownMs = 0 } = module.meta()
      if (ownMs <= limitMs) continue
      const [taken, limit] = [seconds(ownMs).trim(), seconds(limitMs).trim()]
      console.error(`${nameOf(module)} took ${taken}: the limit for a file of unit tests is ${limit} on this machine`)
      process.exitCode = 1
    }
  }
}

/** Returns how many times slower this machine is than a usual one, at least 1. */
function slowness(): number {
  const times = Array.from({ length: 5 }, () => {
    const before = process.threadCpuUsage()
    fixedWork()
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1000
  })
  return Math.max(1, Math.min(...times) / usualWorkMs)
}

function fixedWork(): number {
  let value = 1
  for (let step = 0; step < 3e7; step++) value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0
  return value
}

function msOf(test: TestCase): number {
  return test.diagnostic()?.duration ?? 0
}

function nameOf({ moduleId }: TestModule): string {
  return relative(process.cwd(), moduleId)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`.padStart(9)
}
