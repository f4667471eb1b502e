import { test } from 'vitest'
import { playSchedules } from './eviction-schedules.ts'
import { runInTurn } from '../run-in-turn.ts'

test('a full host runs three hundred cells in turn, four at a time', async () => await runInTurn(300))

test.runIf(process.platform === 'linux')('cells print and call the same in any schedule of many steps', async () => {
  await playSchedules({ runs: 40, maxLength: 16 })
})
