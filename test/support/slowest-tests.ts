import { relative } from 'node:path'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

const shown = 10

/** The longest time that a file of unit tests may take, its imports included, in milliseconds. */
const unitFileMs = 5000

/** Prints the slowest tests of a run. A file of unit tests that takes too long fails the run. */
export class SlowestTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => ({ module, test })))
    const slowest = tests.toSorted((left, right) => msOf(right.test) - msOf(left.test)).slice(0, shown)
    console.log(`\nThe ${slowest.length} slowest of ${tests.length} tests`)
    for (const { module, test } of slowest) {
      console.log(`${seconds(msOf(test))}  ${nameOf(module)} › ${test.fullName}`)
    }
    for (const module of modules.filter(({ project }) => project.name === 'unit')) {
      const { collectDuration, duration } = module.diagnostic()
      const ms = collectDuration + duration
      if (ms <= unitFileMs) continue
      console.error(
        `${nameOf(module)} took ${seconds(ms).trim()}: a file of unit tests may take at most ${unitFileMs / 1000} s`,
      )
      process.exitCode = 1
    }
  }
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
