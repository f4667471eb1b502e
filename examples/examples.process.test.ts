import { test } from 'vitest'
import { expectExampleRuns } from '../test/support/run-example.ts'

// The others run in the slow tests.
test.each(['ai-sdk', 'traced-agent'])('the example %s runs to its end', expectExampleRuns)
