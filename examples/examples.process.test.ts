import { test } from 'vitest'
import { expectExampleRuns } from '../test/support/run-example.ts'

// The slow tests run the other examples: each takes a second.
test('the example traced-agent runs to its end', () => expectExampleRuns('traced-agent'))
