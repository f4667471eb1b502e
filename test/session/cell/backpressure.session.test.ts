import { test } from 'vitest'
import { runTalkativeCells } from './talkative-cells.ts'

test('a cell that prints and stores much in large pieces completes', async () =>
  await runTalkativeCells({ rounds: 5, pieces: 50 }))
