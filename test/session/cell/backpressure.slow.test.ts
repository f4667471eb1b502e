import { test } from 'vitest'
import { runTalkativeCells } from './talkative-cells.ts'

test('cells that print and store much in large pieces complete', async () => {
  await runTalkativeCells({ rounds: 20, pieces: 150 })
})
