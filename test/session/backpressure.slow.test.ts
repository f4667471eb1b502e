import { test } from 'vitest'
import { runTalkativeCells } from './talkative-cells.ts'

test('many cells that say much in large pieces complete', async () => {
  await runTalkativeCells({ rounds: 20, pieces: 150 })
})
