import fc from 'fast-check'
import { test } from 'vitest'
import { checkAnswers } from '../../../test/tools/check-answers.ts'

test('the check answers for 20,000 schemas and inputs', () => {
  fc.assert(checkAnswers, { numRuns: 20_000 })
})
