import { test } from 'vitest'
import { expectProgramsPrinted } from './play-programs.ts'

test('everything that many generated programs print is in the show and in each export', async () => {
  await expectProgramsPrinted(60)
})
