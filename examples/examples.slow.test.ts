import { readdirSync } from 'node:fs'
import { test } from 'vitest'
import { expectExampleRuns } from '../test/support/run-example.ts'

const examples = readdirSync(new URL('./', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['cells', 'deploy', 'support'].includes(entry.name))
  .map(({ name }) => name)

test.each(examples)('the example %s runs to its end', expectExampleRuns)
